// What a profile remembers so that each sample is cheap answers as what it stands for does.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { loadSymbols } from '../../../src/dap/launch/symbols';
import { KnownKeys } from '../../../src/debug/profile/known-keys';
import { RememberedSymbols } from '../../../src/debug/profile/remembered-symbols';
import type { Symbols } from '../../../src/debug/symbols';
import { sample } from '../../support/guests';

describe('what a profile remembers', () => {
  const { symbols } = loadSymbols({ image: sample('kvm-c', 'kvm-c.elf') });
  const starts = symbols.symbolNames('', 1000).flatMap((name) => symbols.symbolAddress(name) ?? []);

  it('symbols answer the same, the first time and the next', () => {
    const remembered = new RememberedSymbols(symbols.all);
    for (const at of [0n, 1n << 63n, ...starts.slice(0, 40).flatMap((start) => [start, start + 7n])])
      for (let time = 0; time < 2; time++) {
        assert.deepEqual(remembered.symbolAt(at), symbols.symbolAt(at));
        const callsOf = (of: Symbols) => of.inlineChain(at).map(({ name, position }) => ({ name, position }));
        assert.deepEqual(callsOf(remembered), callsOf(symbols));
        assert.deepEqual(remembered.lineAt(at), symbols.lineAt(at));
        assert.deepEqual(remembered.unwindRow(at), symbols.unwindRow(at));
        assert.equal(remembered.functionAt(at)?.name, symbols.functionAt(at)?.name);
      }
  });

  it('whether there is a symbol is told as by its name', () => {
    let known = 0;
    for (const start of starts)
      for (const at of [start - 1n, start, start + 1n, start + 0x31n, start + 0x1000n]) {
        assert.equal(symbols.hasSymbolAt(at), symbols.symbolAt(at) !== undefined, `0x${at.toString(16)}`);
        if (symbols.hasSymbolAt(at)) known++;
      }
    assert.ok(known > 50, `${known} addresses in symbols`);
    for (const far of [0n, 8n, 0xffff_8000_0000_0000n, (1n << 64n) - 1n])
      assert.equal(symbols.hasSymbolAt(far), symbols.symbolAt(far) !== undefined);
  });

  it('keys are told apart word by word, whatever their hashes are, and the table has its limit', () => {
    const table = new KnownKeys<string>(3000);
    const keyOf = (i: number): Uint32Array => Uint32Array.of(i & 7, i >> 3, 0x8000_0000 + i);
    for (let i = 0; i < 3000; i++) table.add(keyOf(i), `${i}`);
    for (let i = 0; i < 3000; i++) assert.equal(table.get(keyOf(i)), `${i}`);
    assert.equal(table.get(Uint32Array.of(1, 2)), undefined);
    assert.equal(table.get(new Uint32Array(0)), undefined);
    table.add(Uint32Array.of(5), 'one more');
    assert.equal(table.get(keyOf(7)), undefined);
    assert.equal(table.get(Uint32Array.of(5)), 'one more');
  });
});
