// Several files at once: who answers for an address, and answers by name from all.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { SymbolSet } from '../../src/symbols/symbol-set';
import { build, freestanding, lineOf, open, PROGRAMS, requireCompiler } from './toolchain';

describe('a set of symbol files', () => {
  const SLIDE = 0x4000_0000n;
  let set: SymbolSet;
  before(function () {
    requireCompiler(this, 'gcc');
    set = new SymbolSet();
    set.add(open(freestanding('gcc', ['-g', '-O0', '-gdwarf-5'])));
    set.add(open(freestanding('gcc', ['-g', '-O2', '-gdwarf-5']), { slide: SLIDE }));
  });

  it('asks the file that holds the address', () => {
    const [low, high] = set.all.map((file) => file.symbolAddress('leaf')!);
    assert.ok(high! > SLIDE && low! < SLIDE);
    assert.equal(set.fileAt(low!), set.all[0]);
    assert.equal(set.fileAt(high!), set.all[1]);
    assert.equal(set.symbolAt(high!)?.name, 'leaf');
    assert.equal(set.functionAt(high!)?.lowAddress, high);
    assert.equal(set.lineAt(high!)?.file, join(PROGRAMS, 'subject.c'));
    assert.ok(set.stepRange(high!)!.start >= SLIDE);
    assert.ok(set.unwindRow(high!)!.start >= SLIDE);
    assert.equal(set.inlineChain(high!)[0]?.name, 'leaf');
    assert.equal(set.fileAt(0x10n), undefined);
  });

  it('collects by name and line', () => {
    assert.equal(set.functionsByName('leaf').length, 2);
    assert.equal(set.functionBreakpoints('innermost').length, 2);
    const found = set.addressesForLine(join(PROGRAMS, 'subject.c'), lineOf('subject.c', 'leaf-return'));
    assert.equal(found.locations.length, 2);
    assert.equal(set.files().length, new Set(set.files()).size);
    assert.ok(set.breakpointLines(join(PROGRAMS, 'subject.c'), 1, 100).length > 10);
    assert.deepEqual(set.symbolNames('root', 5), ['root_task']);
    assert.equal(set.globals('root_task').length, 2);
    const near = set.all[1]!.symbolAddress('leaf')!;
    assert.equal(set.typeByName('struct task', near)?.kind, 'struct');
    assert.match(set.addressesForLine('/x.c', 1).reason ?? '', /was not compiled from/);
    assert.match(new SymbolSet().addressesForLine('/x.c', 1).reason ?? '', /No symbols are loaded/);
  });

  it('forgets a removed file', () => {
    const [first] = set.all;
    set.remove(first!);
    assert.equal(set.functionsByName('leaf').length, 1);
    set.add(first!);
  });
});

describe('an object file placed by a loader', () => {
  it('answers at the addresses its sections were given', function () {
    requireCompiler(this, 'gcc');
    const object = build('gcc', ['-g', '-c', '-O2', '-fno-pie', '-ffunction-sections'], ['subject.c']);
    const text = 0xffff_ffff_c000_0000n;
    const symbols = open(object, { sectionAddresses: new Map([['.text.leaf', text]]) });
    assert.equal(symbols.symbolAddress('leaf'), text);
    assert.equal(symbols.functionAt(text + 4n)?.name, 'leaf');
    assert.equal(symbols.lineAt(text)?.file, join(PROGRAMS, 'subject.c'));
    assert.equal(symbols.unwindRow(text)?.start, text);
    const outer = symbols.functionsByName('outer')[0]!;
    assert.ok(outer.lowAddress < text, 'the others are laid out from 0');
    assert.equal(symbols.functionAt(outer.lowAddress)?.name, 'outer');
  });
});
