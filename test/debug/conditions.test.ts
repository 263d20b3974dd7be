// Conditions: as programs for the engine's thread they must mean what C means; what cannot be told beforehand is left for later.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type CompileScope, compileCondition } from '../../src/debug/breakpoints/compile';
import { parseHitCondition } from '../../src/debug/breakpoints/hit-condition';
import { parseLogMessage } from '../../src/debug/breakpoints/log-message';
import { evaluate } from '../../src/debug/c/evaluate';
import { CHAR, INT, LONG, UNSIGNED, UNSIGNED_LONG, unsignedType } from '../../src/debug/c/number';
import type { EvaluationScope } from '../../src/debug/c/scope';
import { memoryValue, scalarOf } from '../../src/debug/c/value';
import { hitRuleHolds } from '../../src/machine/control/hit-rule';
import { type ProgramContext, runProgram } from '../../src/machine/control/program';
import type { DataType } from '../../src/symbols/types';

const MEMORY = new Uint8Array(256);
new DataView(MEMORY.buffer).setInt32(0, -5, true);
new DataView(MEMORY.buffer).setUint32(4, 0xfffffff0, true);
new DataView(MEMORY.buffer).setBigInt64(8, -(1n << 40n), true);
new DataView(MEMORY.buffer).setBigUint64(16, 1n << 63n, true);
MEMORY[24] = 200;
MEMORY[25] = 0b10110110;
new DataView(MEMORY.buffer).setBigUint64(32, 0n, true);
new DataView(MEMORY.buffer).setBigUint64(40, 64n, true);
new DataView(MEMORY.buffer).setInt32(64, 77, true);
new DataView(MEMORY.buffer).setInt32(68, 78, true);

const pointer = (target: DataType): DataType => ({ kind: 'pointer', flavour: 'pointer', size: 8, target });
const BITS: DataType = {
  kind: 'struct',
  name: 'bits',
  size: 4,
  members: [
    { name: 'low', type: UNSIGNED, bitOffset: 1, bitSize: 3, inherited: false },
    { name: 'signedly', type: INT, bitOffset: 4, bitSize: 4, inherited: false },
  ],
};
const NAMES: Readonly<Record<string, { at: bigint; type: DataType }>> = {
  i: { at: 0n, type: INT },
  u: { at: 4n, type: UNSIGNED },
  l: { at: 8n, type: LONG },
  ul: { at: 16n, type: UNSIGNED_LONG },
  c: { at: 24n, type: CHAR },
  uc: { at: 24n, type: unsignedType(1) },
  bits: { at: 25n, type: BITS },
  null: { at: 32n, type: pointer(BITS) },
  p: { at: 40n, type: pointer(INT) },
  array: { at: 64n, type: { kind: 'array', element: INT, dimensions: [2], size: 8 } },
};

const compiling: CompileScope = {
  pointerSize: 8,
  hypercall: false,
  registers: (name) => name === 'rax' || name === 'rsp',
  type: () => undefined,
  variable: async (name) => {
    if (name === 'lost') return 'later';
    const found = NAMES[name];
    return found && { type: found.type, place: { kind: 'memory', base: 'rsp', offset: found.at - 16n } };
  },
};
const context: ProgramContext = {
  register: (name) => ({ rax: 0x1122334455667788n, rsp: 16n })[name],
  load: (_, address, size) => {
    if (address + BigInt(size) > 256n) return undefined;
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(MEMORY[Number(address) + i] ?? 0);
    return value;
  },
  hypercall: { interface: 'kvm', nr: 10, name: 'SEND_IPI', args: [{ name: 'low', value: 3n, text: '' }], cpl: 0 },
};
const fails = () => Promise.reject(new Error('not in this test'));
const evaluating: EvaluationScope = {
  pointerSize: 8,
  type: () => undefined,
  variable: async (name) => {
    const found = NAMES[name];
    return found && memoryValue(found.at, found.type);
  },
  cpuRegister: async () => undefined,
  register: () => undefined,
  memory: (address, length) => (address + BigInt(length) <= 256n ? MEMORY.slice(Number(address), Number(address) + length) : undefined),
  writeMemory: fails,
  writeRegister: fails,
  writeCpuRegister: fails,
};

async function run(text: string, scope = compiling): Promise<bigint | undefined | 'later'> {
  const program = await compileCondition(text, scope);
  return program === undefined ? 'later' : runProgram(program, context);
}

describe('conditions', () => {
  const cases: readonly [string, bigint | undefined | 'later'][] = [
    ['i == -5', 1n],
    ['i < u', 0n], // -5 becomes unsigned and larger
    ['l < 0 && i < 0', 1n],
    ['ul > 0', 1n],
    ['(long)ul < 0', 1n],
    ['c == -56', 1n],
    ['uc == 200', 1n],
    ['bits.low == 3', 1n],
    ['bits.signedly == -5', 1n],
    ['*p == 77 && p[1] == 78 && array[1] == 78', 1n],
    ['$rax == 0x1122334455667788 && $eax == 0x55667788 && $ah == 0x77 && ax == 0x7788', 1n],
    ['u >> 4 == 0xfffffff && i >> 1 == -3', 1n],
    ['!i', 0n],
    ['~i == 4', 1n],
    ['i / 2 == -2 && i % 2 == -1', 1n],
    ['null && null->low', 0n],
    ['null != 0 && null->low', 0n],
    ['*(int *)1000000 == 0', undefined],
    ['sizeof(long) == 8', 1n],
    ['i || null->low', 'later'],
    ['i ? 1 : 0', 'later'],
    ['lost == 1', 'later'],
    ['p + 1 == 0', 'later'],
  ];
  for (const [text, expected] of cases) it(text, async () => assert.equal(await run(text), expected === undefined ? undefined : expected));

  it('of hypercalls', async () => {
    const scope = { ...compiling, hypercall: true };
    const texts = ["name == 'SEND_IPI' && a0 == 3", 'nr == 10', 'name != "KICK_CPU"', "cpl == 0 && name == 'SEND_IPI'", 'a0 == 4'];
    assert.deepEqual(await Promise.all(texts.map((text) => run(text, scope))), [1n, 1n, 1n, 1n, 0n]);
  });

  const mistakes: readonly [string, RegExp][] = [
    ['nothing == 1', /no variable, register or function "nothing"/],
    ['i = 5', /must not change the guest; did you mean "=="/],
    ['i ==', /not complete/],
    ['$rbx > 0', /no register "rbx"/],
  ];
  for (const [text, expected] of mistakes) it(`refuses ${text}`, () => assert.rejects(run(text), expected));

  it('mean the same compiled as evaluated (property)', async () => {
    const leaf = fc.oneof(
      fc.constantFrom('i', 'u', 'l', 'ul', 'c', 'uc', 'bits.low', 'bits.signedly'),
      fc.integer({ min: 0, max: 2 ** 31 }).map(String),
    );
    const { expression } = fc.letrec((tie) => ({
      expression: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc
          .tuple(fc.constantFrom('-', '~', '!', '(int)', '(unsigned char)', '(long)'), tie('expression'))
          .map(([op, e]) => `(${op}${String(e).startsWith('-') ? ' ' : ''}${e})`),
        fc
          .tuple(
            tie('expression'),
            fc.constantFrom('+', '-', '*', '&', '|', '^', '<', '<=', '==', '!=', '>', '>=', '/', '%'),
            tie('expression'),
          )
          .map(([a, op, b]) => `(${a} ${op} ${b})`),
        fc.tuple(tie('expression'), fc.constantFrom('<<', '>>'), fc.integer({ min: 0, max: 31 })).map(([a, op, n]) => `(${a} ${op} ${n})`),
      ),
    }));
    const seed = 20240;
    await fc.assert(
      fc.asyncProperty(expression, async (text) => {
        const compiled = await run(String(text));
        let expected: bigint | undefined;
        try {
          expected = await scalarOf(await evaluate(String(text), evaluating), evaluating);
        } catch (error) {
          assert.match((error as Error).message, /Division by zero/);
        }
        assert.equal(
          compiled === undefined ? undefined : BigInt.asIntN(64, compiled as bigint),
          expected === undefined ? undefined : BigInt.asIntN(64, expected),
          String(text),
        );
      }),
      { seed, numRuns: 300 },
    );
  });

  it('hit counts', () => {
    const hits = (text: string) => [1, 2, 3, 4, 5, 6].filter((n) => hitRuleHolds(parseHitCondition(text), n));
    assert.deepEqual(
      [hits('3'), hits('== 3'), hits('= 3'), hits('>= 5'), hits('> 5'), hits('< 3'), hits('<= 3'), hits('% 2')],
      [[3], [3], [3], [5, 6], [6], [1, 2], [1, 2, 3], [2, 4, 6]],
    );
    assert.throws(() => parseHitCondition('% 0'), /Hit count/);
  });

  it('log messages', () => {
    assert.deepEqual(parseLogMessage('a {x} {{b}} {y.z,x}!'), [
      { text: 'a ' },
      { expression: 'x', hex: false },
      { text: ' {b} ' },
      { expression: 'y.z', hex: true },
      { text: '!' },
    ]);
    assert.deepEqual(parseLogMessage('open {x'), [{ text: 'open {x' }]);
  });
});
