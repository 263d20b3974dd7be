// Variables with their values, in a program that really ran: what symbols say about registers and memory must be what the program computed.

import assert from 'node:assert/strict';
import { type Location, readLocation, subLocation, unsignedOf } from '../../src/symbols/location';
import type { SymbolFile } from '../../src/symbols/symbol-file';
import type { LogicalFrame } from '../../src/symbols/symbol-model';
import { typeName } from '../../src/symbols/type-name';
import { sizeOf } from '../../src/symbols/types';
import type { Variable } from '../../src/symbols/variable';
import { buildHosted, framesOf, memoryOf, type PhysicalFrame, run, type Stop } from './host-run';
import { COMBINATIONS, lineOf, open, requireCompiler } from './toolchain';

/** A number, or why there is none. */
async function numberIn(variable: Variable, frame: PhysicalFrame): Promise<bigint | string> {
  const read = await readLocation(await variable.locate(frame.port), sizeOf(variable.type) ?? 8, frame.port);
  return read.kind === 'bytes' ? BigInt.asIntN((sizeOf(variable.type) ?? 8) * 8, unsignedOf(read.bytes)) : read.kind;
}

async function valuesOf(logical: LogicalFrame, frame: PhysicalFrame): Promise<Map<string, bigint | string>> {
  const values = new Map<string, bigint | string>();
  // Innermost scope first: the first of a name is the visible one.
  for (const variable of logical.variables()) if (!values.has(variable.name)) values.set(variable.name, await numberIn(variable, frame));
  return values;
}

/** Each value is right, or said to be unknown; never wrong. At -O0 all are known. */
function check(values: Map<string, bigint | string>, expected: Record<string, bigint>, allKnown: boolean): void {
  for (const [name, wanted] of Object.entries(expected)) {
    const value = values.get(name);
    if (typeof value === 'bigint') assert.equal(value, wanted, name);
    else if (allKnown) assert.fail(`${name} is ${value ?? 'missing'}, not ${wanted}`);
  }
}

for (const { compiler, level, dwarf } of COMBINATIONS) {
  describe(`variables: ${compiler} ${level} ${dwarf}`, () => {
    let symbols: SymbolFile;
    let stops: readonly Stop[];
    const plain = level === '-O0';

    before(function () {
      requireCompiler(this, compiler);
      const path = buildHosted(compiler, ['-g', level, dwarf]);
      symbols = open(path);
      const ran = run(path);
      stops = ran.stops;
      assert.equal(ran.result, 2000500);
      assert.equal(stops.length, 5);
    });

    it('in inlined calls and the function around them', async () => {
      const [frame, caller] = await framesOf(symbols, stops[0]!);
      const chain = symbols.inlineChain(frame!.lookup);
      assert.deepEqual(
        chain.map(({ name }) => name),
        ['innermost', 'middle', 'outer'],
      );
      check(await valuesOf(chain[0]!, frame!), { deep: 6n, local_deep: 18n }, plain);
      check(await valuesOf(chain[1]!, frame!), { value: 5n }, plain);
      const outer = await valuesOf(chain[2]!, frame!);
      check(outer, { count: 3n, scale: 5n, total: 30n }, plain);
      // What the rest of the function still needs is known at any level; total really is nowhere at -O1 (gdb says so too).
      assert.equal(outer.get('count'), 3n);
      assert.equal(symbols.functionAt(caller!.lookup)?.name, 'main');
    });

    it('in nested blocks, where the inner one hides the outer', async () => {
      const frames = await framesOf(symbols, stops[1]!);
      const chain = symbols.inlineChain(frames[0]!.lookup);
      assert.equal(chain[0]?.name, 'leaf');
      const firsts = chain[0].variables().filter(({ name }) => name === 'first');
      assert.deepEqual(
        firsts.map(({ kind }) => kind),
        ['local', 'parameter'],
      );
      assert.ok(firsts[0]!.scopeDepth > firsts[1]!.scopeDepth);
      assert.equal(firsts[0]!.declaration?.line, lineOf('subject.c', 'shadow'));
      const values = await valuesOf(chain[0], frames[0]!);
      check(values, { first: 77n, second: 1000000n, task: symbols.symbolAddress('root_task')!, calls: 101n }, plain);
      assert.equal(values.get('calls'), 101n, 'a static is in memory at any level');
      assert.equal(values.get('first'), 77n, 'a constant is known at any level');
      assert.equal(values.get('task'), symbols.symbolAddress('root_task'));
    });

    it('in the caller, through call frame information', async () => {
      const frames = await framesOf(symbols, stops[1]!);
      assert.deepEqual(
        frames.map(({ lookup }) => symbols.functionAt(lookup)?.name),
        ['leaf', 'outer', 'main'],
      );
      const [outer] = symbols.inlineChain(frames[1]!.lookup);
      assert.equal(outer?.position?.line, lineOf('subject.c', 'call-leaf'));
      check(await valuesOf(outer!, frames[1]!), { count: 3n, scale: 5n, total: 146n }, plain);
    });

    it('that only the call site remembers (entry values)', async () => {
      const frames = await framesOf(symbols, stops[2]!);
      const [top] = symbols.inlineChain(frames[0]!.lookup);
      assert.equal(top?.name, 'entry_value_of');
      const values = await valuesOf(top, frames[0]!);
      check(values, { lost: 1234n, kept: 1000250n }, plain);
      assert.equal(values.get('kept'), 1000250n);
      // gcc describes it by DW_OP_entry_value; registers that a call destroys are taken away so that only that can answer.
      if (compiler !== 'gcc' || plain) return;
      const destroyed = new Set([0, 1, 2, 4, 5, 8, 9, 10, 11]);
      const { port } = frames[0]!;
      const without: PhysicalFrame = {
        ...frames[0]!,
        port: { ...port, register: (n) => (destroyed.has(n) ? undefined : port.register(n)) },
      };
      const lost = top.variables().find(({ name }) => name === 'lost')!;
      assert.equal(await numberIn(lost, without), 1234n);
    });

    it('that were dropped from the call (DW_OP_GNU_parameter_ref)', async () => {
      const frames = await framesOf(symbols, stops[4]!);
      const [top] = symbols.inlineChain(frames[0]!.lookup);
      assert.equal(top?.name, 'dropped_parameter');
      assert.equal(symbols.functionsByName('dropped_parameter').length, 1, 'under its name in the source');
      const values = await Promise.all(
        top
          .variables()
          .filter(({ name }) => name === 'gone')
          .map((variable) => numberIn(variable, frames[0]!)),
      );
      assert.ok(
        values.every((value) => value === 4007n || typeof value === 'string'),
        `${values}`,
      );
      if (plain || (compiler === 'gcc' && level === '-O2')) assert.ok(values.includes(4007n), `${values}`);
    });

    it('split over registers, and behind a pointer that was optimised away', async () => {
      const [frame] = await framesOf(symbols, stops[3]!);
      const [inner, function_] = symbols.inlineChain(frame!.lookup);
      assert.deepEqual([inner?.name, function_?.name], ['sum', 'pairs']);
      const both = function_!.variables().find(({ name }) => name === 'both')!;
      const fields = async (location: Location): Promise<Record<string, bigint>> => {
        const type = symbols.typeByName('struct pair');
        const found: Record<string, bigint> = {};
        for (const member of type?.kind === 'struct' ? type.members : []) {
          const read = await readLocation(subLocation(location, member.bitOffset, 32), 4, frame!.port);
          if (read.kind === 'bytes') found[member.name] = unsignedOf(read.bytes);
        }
        return found;
      };
      const expected = { a: 8n, b: 18n };
      const there = await fields(await both.locate(frame!.port));
      // gcc keeps both fields at any level, clang drops them when it optimises; what is known is right.
      assert.deepEqual(there, plain || compiler === 'gcc' ? expected : {});
      const pointer = inner!.variables().find(({ name }) => name === 'pointer')!;
      const location = await pointer.locate(frame!.port);
      if (location.kind === 'implicitPointer') {
        const through = await fields(await symbols.locateImplicit(location, frame!.lookup, frame!.port));
        assert.deepEqual(through, there);
        assert.ok(Object.keys(through).length > 0, 'something of it is known');
      } else if (plain) {
        const address = await numberIn(pointer, frame!);
        assert.ok(typeof address === 'bigint');
        assert.deepEqual(await fields({ kind: 'memory', address }), expected);
      }
    });

    it('global, static by file, and in other units', async () => {
      const memory = memoryOf(stops[0]!);
      const port = { memory, register: () => undefined };
      const frame: PhysicalFrame = { pc: 0n, lookup: 0n, port };
      const outer = symbols.functionsByName('outer')[0]!.lowAddress;
      const twice = symbols.functionsByName('twice')[0]!.lowAddress;
      const counters = symbols.globals('counter', outer);
      assert.equal(counters.length, 2);
      // Never written, so that optimisation leaves only its value behind, and it has to be said that it is gone.
      assert.equal(await numberIn(counters[0]!, frame), plain ? 40n : 'optimizedOut');
      assert.equal(await numberIn(symbols.globals('counter', twice)[0]!, frame), 10n);
      const [object] = symbols.globals('object');
      assert.equal(typeName(object!.type), 'struct hidden');
      const read = await readLocation(await object!.locate(port), 8, port);
      assert.ok(read.kind === 'bytes' && unsignedOf(read.bytes) === 4711n);
      assert.deepEqual(symbols.globals('no_such_variable'), []);
    });

    it('moves with the slide', async () => {
      symbols.slide = 0x1000_0000n;
      const [root] = symbols.globals('root_task');
      const location = await root!.locate({ register: () => undefined, memory: () => undefined });
      assert.ok(location.kind === 'memory' && location.address === symbols.symbolAddress('root_task'));
      symbols.slide = 0n;
    });
  });
}
