// Line tables: every row against addr2line, breakpoints on lines, ranges for stepping.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { SymbolFile } from '../../src/symbols/symbol-file';
import { eachCombination, lineOf, open, PROGRAMS, tool } from './toolchain';

const SUBJECT = join(PROGRAMS, 'subject.c');
const START = join(PROGRAMS, 'start.S');

eachCombination('lines', ({ level }, path) => {
  let symbols: SymbolFile;
  before(() => {
    symbols = open(path());
  });

  it('names the source files with resolved paths', () => {
    const files = symbols.files();
    for (const name of ['start.S', 'subject.c', 'other.c', 'subject.h'])
      assert.ok(files.includes(join(PROGRAMS, name)), `${name} in ${files.join(' ')}`);
    assert.ok(!files.some((file) => file.includes('<')), 'nothing like <built-in>');
  });

  it('agrees with addr2line at every instruction byte', () => {
    const [low, high] = codeRange(symbols);
    const addresses: bigint[] = [];
    for (let at = low; at < high; at++) addresses.push(at);
    const theirs = tool('addr2line', '-e', path(), ...addresses.map((at) => at.toString(16)))
      .trim()
      .split('\n');
    for (const [i, address] of addresses.entries()) {
      const line = symbols.lineAt(address);
      const [file, number] = (theirs[i] ?? '').replace(/ \(discriminator \d+\)/, '').split(':');
      if (file === '??' || number === '?' || number === '0') continue;
      // Several rows at one address: addr2line takes the last, a debugger the last statement. Both belong to the address.
      assert.ok(line, `a line at ${address.toString(16)}`);
      if (line.start === address || `${line.file}:${line.line}` === `${file}:${number}`) continue;
      const atStart = symbols.lineAt(line.start);
      assert.equal(`${line.file}:${line.line}`, `${atStart?.file}:${atStart?.line}`, `at ${address.toString(16)}`);
    }
    const known = addresses
      .map((address, i) => ({ line: symbols.lineAt(address), theirs: theirs[i] ?? '' }))
      .filter((at) => /:[1-9]/.test(at.theirs));
    const agreeing = known.filter(({ line, theirs: text }) => line && text.replace(/ \(disc.*/, '') === `${line.file}:${line.line}`);
    const wanted = level === '-O0' ? 0.99 : 0.8;
    assert.ok(agreeing.length >= wanted * known.length, `${agreeing.length} of ${known.length} agree`);
  });

  it('finds assembly lines', () => {
    const address = symbols.symbolAddress('_start')!;
    assert.deepEqual(
      [address, address + 1n, address + 6n].map((at) => symbols.lineAt(at)?.line),
      ['asm-nop', 'asm-call', 'asm-ret'].map((mark) => lineOf('start.S', mark)),
    );
    const { locations } = symbols.addressesForLine(START, lineOf('start.S', 'asm-call'));
    assert.deepEqual(
      locations.map((location) => location.address),
      [address + 1n],
    );
  });

  it('puts a breakpoint on a line with code at that line', () => {
    for (const mark of ['leaf-return', 'call-leaf', 'lost']) {
      const line = lineOf('subject.c', mark);
      const found = symbols.addressesForLine(SUBJECT, line);
      assert.equal(found.line, line, mark);
      assert.equal(found.locations.length, 1, mark);
      const [location] = found.locations;
      assert.equal(location?.file, SUBJECT);
      const there = symbols.lineAt(location!.address);
      assert.ok(there?.isStmt && there.start === location!.address, `${mark} begins a row`);
    }
  });

  it('moves to the next line with code and says which', () => {
    const wanted = lineOf('subject.c', 'outer-return') - 1; // an empty line
    const found = symbols.addressesForLine(SUBJECT, wanted);
    assert.equal(found.line, wanted + 1);
    assert.equal(found.locations[0]?.line, wanted + 1);
    assert.equal(found.locations[0]?.functionName, 'outer');
  });

  it('says why a line has no breakpoint', () => {
    assert.match(symbols.addressesForLine(SUBJECT, 10_000).reason ?? '', /no code at or after line 10000/);
    assert.match(symbols.addressesForLine('/elsewhere/nothing.c', 1).reason ?? '', /was not compiled from .*sourceMap/);
  });

  it('takes a relative path for every file that ends in it', () => {
    const line = lineOf('subject.c', 'outer-return');
    const whole = symbols.addressesForLine(join(PROGRAMS, 'subject.c'), line);
    assert.ok(whole.locations.length > 0);
    assert.deepEqual(symbols.addressesForLine('subject.c', line), whole);
    assert.deepEqual(symbols.addressesForLine('programs/subject.c', line), whole);
    assert.deepEqual(symbols.breakpointLines('subject.c', line, line), [line]);
    assert.equal(symbols.addressesForLine('ubject.c', line).line, undefined);
    assert.equal(symbols.addressesForLine('other/subject.c', line).line, undefined);
  });

  it('lists the lines that can hold one', () => {
    const from = lineOf('subject.c', 'outer-first');
    const lines = symbols.breakpointLines(SUBJECT, from, lineOf('subject.c', 'outer-return'));
    for (const mark of ['loop', 'call-middle', 'call-leaf', 'outer-return']) assert.ok(lines.includes(lineOf('subject.c', mark)), mark);
    assert.deepEqual(
      lines,
      [...lines].sort((a, b) => a - b),
    );
    assert.ok(!lines.includes(lineOf('subject.c', 'outer-return') - 1));
  });

  it('gives step ranges that cover each line and meet without gaps', () => {
    const [low, high] = codeRange(symbols);
    for (let at = low; at < high; ) {
      const range = symbols.stepRange(at);
      if (!range) {
        at++;
        continue;
      }
      assert.ok(range.start <= at && at < range.end, `${at.toString(16)} in its own range`);
      const line = symbols.lineAt(at);
      for (const other of [range.start, range.end - 1n]) {
        const there = symbols.lineAt(other);
        assert.ok(!there || !line || there.line === line.line, `one line from ${range.start.toString(16)} to ${range.end.toString(16)}`);
      }
      at = range.end;
    }
  });

  it('knows where instructions begin, as objdump does', () => {
    const [low, high] = codeRange(symbols);
    const theirs = new Set(
      [...tool('objdump', '-d', '--no-show-raw-insn', path()).matchAll(/^ +([0-9a-f]+):\t/gm)].map((match) => BigInt(`0x${match[1]}`)),
    );
    const starts = symbols.instructionStarts(low, high);
    assert.ok(starts.length > 30);
    for (const start of starts) assert.ok(theirs.has(start), start.toString(16));
    assert.deepEqual(
      symbols.instructionStarts(low, low + 2n),
      [low, low + 1n].filter((at) => starts.includes(at)),
    );
  });

  it('moves with the slide', () => {
    const slid = open(path(), { slide: 0xffff_ffff_8000_0000n });
    const address = symbols.addressesForLine(SUBJECT, lineOf('subject.c', 'call-leaf')).locations[0]!.address;
    const moved = slid.addressesForLine(SUBJECT, lineOf('subject.c', 'call-leaf')).locations[0]!.address;
    assert.equal(moved, address + 0xffff_ffff_8000_0000n);
    assert.equal(slid.lineAt(moved)?.line, symbols.lineAt(address)?.line);
    assert.equal(slid.lineAt(address), undefined);
  });
});

function codeRange(symbols: SymbolFile): [bigint, bigint] {
  const text = symbols.elf.section('.text')!;
  return [text.address, text.address + BigInt(text.size)];
}
