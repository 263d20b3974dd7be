// Functions by name and by address, prologues, cold parts, inlined copies, and the ELF table where there is no DWARF.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { SymbolFile } from '../../src/symbols/symbol-file';
import { build, eachCombination, freestanding, lineOf, open, PROGRAMS, requireCompiler, scratch, tool } from './toolchain';

eachCombination('functions', ({ level }, path) => {
  let symbols: SymbolFile;
  before(() => {
    symbols = open(path());
  });

  it('agrees with nm about where functions are', () => {
    for (const line of tool('nm', path()).trim().split('\n')) {
      const [address, , name] = line.split(/\s+/);
      if (!name || !['outer', 'leaf', 'twice', 'use_hidden', 'entry_value_of', '_start', 'stop', 'fail'].includes(name)) continue;
      const found = symbols.functionsByName(name);
      assert.equal(found.length, 1, name);
      assert.equal(found[0]?.lowAddress, BigInt(`0x${address}`), name);
      assert.equal(symbols.functionAt(found[0]!.lowAddress)?.name, name);
      assert.equal(symbols.symbolAddress(name), found[0]?.lowAddress);
    }
  });

  it('puts function breakpoints on the first line of the body', () => {
    const [outer] = symbols.functionsByName('outer');
    const line = symbols.lineAt(outer!.breakpointAddress);
    assert.ok(outer!.breakpointAddress >= outer!.lowAddress);
    if (level === '-O0') {
      assert.equal(line?.line, lineOf('subject.c', 'outer-first'));
      assert.ok(outer!.breakpointAddress > outer!.lowAddress);
    }
    assert.equal(outer!.declaration?.file, join(PROGRAMS, 'subject.c'));
    assert.equal(outer!.declaration?.line, lineOf('subject.c', 'outer-first') - 2);
  });

  it('does not skip anything in assembly', () => {
    const [start] = symbols.functionsByName('_start');
    assert.equal(start?.breakpointAddress, start?.lowAddress);
  });

  it('breaks on the inlined copy of a function without code of its own', () => {
    const locations = symbols.functionBreakpoints('innermost');
    assert.equal(locations.length, 1);
    assert.ok(locations[0]?.inlined);
    assert.equal(symbols.inlineChain(locations[0].address)[0]?.name, 'innermost');
    assert.deepEqual(symbols.functionsByName('innermost'), []);
  });

  it('shows inlined calls with their call lines', () => {
    const address = symbols.addressesForLine(join(PROGRAMS, 'subject.c'), lineOf('subject.c', 'innermost-stop')).locations[0]!.address;
    const chain = symbols.inlineChain(address);
    assert.deepEqual(
      chain.map((frame) => [frame.name, frame.inlined]),
      [
        ['innermost', true],
        ['middle', true],
        ['outer', false],
      ],
    );
    assert.equal(chain[0]?.callSite?.line, lineOf('subject.c', 'call-innermost'));
    assert.equal(chain[1]?.position?.line, lineOf('subject.c', 'call-innermost'));
    assert.equal(chain[1]?.callSite?.line, lineOf('subject.c', 'call-middle'));
    assert.equal(chain[2]?.position?.line, lineOf('subject.c', 'call-middle'));
    assert.equal(chain[2]?.callSite, undefined);
  });

  it('names symbols with offsets', () => {
    const start = symbols.symbolAddress('_start')!;
    assert.deepEqual(pick(symbols.symbolAt(start + 1n)), ['_start', 1n]);
    assert.equal(symbols.symbolAt(symbols.symbolAddress('root_task')! + 5n)?.name, 'root_task');
    assert.equal(symbols.symbolAt(0x10n), undefined);
  });

  it('completes names', () => {
    assert.deepEqual(symbols.symbolNames('root', 10), ['root_task']);
    assert.equal(symbols.symbolNames('', 3).length, 3);
  });
});

describe('cold parts', () => {
  let path: string;
  before(function () {
    requireCompiler(this, 'gcc');
    path = freestanding('gcc', ['-g', '-O2', '-gdwarf-5']);
    if (!tool('nm', path).includes('outer.cold')) {
      console.log('      skipped: this gcc did not split outer');
      this.skip();
    }
  });

  it('belong to their function, which is entered in the hot part', () => {
    const symbols = open(path);
    const cold = symbols.symbolAddress('outer.cold')!;
    assert.equal(symbols.functionAt(cold)?.name, 'outer');
    assert.equal(symbols.functionAt(cold)?.lowAddress, symbols.symbolAddress('outer'));
    assert.equal(symbols.functionsByName('outer').length, 1);
    assert.equal(symbols.functionsByName('outer')[0]?.ranges.length, 2);
    assert.equal(symbols.inlineChain(cold)[0]?.name, 'outer');
  });

  it('hold the breakpoints of their lines', () => {
    const symbols = open(path);
    const { locations } = symbols.addressesForLine(join(PROGRAMS, 'subject.c'), lineOf('subject.c', 'cold'));
    assert.equal(locations.length, 1);
    assert.equal(symbols.symbolAt(locations[0]!.address)?.name, 'outer.cold');
  });

  it('belong to their function without debug information too', () => {
    const stripped = join(scratch(), 'stripped.elf');
    tool('objcopy', '--strip-debug', path, stripped);
    const symbols = open(stripped);
    const cold = symbols.symbolAddress('outer.cold')!;
    const found = symbols.functionAt(cold);
    assert.equal(found?.name, 'outer');
    assert.equal(found?.lowAddress, symbols.symbolAddress('outer'));
    assert.equal(found?.hasDebugInfo, false);
    assert.deepEqual(
      symbols.functionsByName('outer').map((f) => f.ranges.length),
      [2],
    );
  });
});

describe('no debug information', () => {
  it('is said, with what to do, and ELF symbols still work', function () {
    requireCompiler(this, 'gcc');
    const symbols = open(
      build('gcc', ['-O1', '-fno-pie', '-no-pie', '-ffreestanding', '-nostdlib', '-static'], ['start.S', 'subject.c', 'other.c']),
    );
    assert.equal(symbols.hasDebugInfo(), false);
    assert.match(symbols.missingDebugInfo()?.message ?? '', /no debug information: compile with -g/);
    assert.match(symbols.addressesForLine(join(PROGRAMS, 'subject.c'), 20).reason ?? '', /compile with -g/);
    const [outer] = symbols.functionsByName('outer');
    assert.equal(outer?.lowAddress, symbols.symbolAddress('outer'));
    assert.equal(outer?.breakpointAddress, outer?.lowAddress);
    assert.deepEqual(symbols.inlineChain(outer!.lowAddress), []);
    assert.deepEqual(symbols.files(), []);
  });
});

function pick(place: { name: string; offset: bigint } | undefined): [string, bigint] | undefined {
  return place && [place.name, place.offset];
}
