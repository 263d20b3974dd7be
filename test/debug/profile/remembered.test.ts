// What a profile remembers so that each sample is cheap answers as what it stands for does.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { loadSymbols } from '../../../src/dap/launch/symbols';
import { RememberedSymbols } from '../../../src/debug/profile/remembered-symbols';
import { Transitions } from '../../../src/debug/profile/transitions';
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

  it('steps are told apart word by word, whatever their hashes are', () => {
    const steps = new Transitions();
    const ways = Array.from({ length: 3000 }, (_, i) => [i % 3 === 0 ? steps.root : 1 + (i % 7), i & 7, (0x8000_0000 + i) >>> 0] as const);
    const made = ways.map((way) => steps.make(...way));
    assert.equal(new Set(made).size, ways.length);
    for (const [i, way] of ways.entries()) {
      assert.equal(steps.step(...way), made[i]);
      assert.equal(steps.make(...way), made[i], 'made once');
      assert.equal(steps.step(way[0], way[1] ^ 8, way[2]), 0);
      assert.equal(steps.step(way[0] + 7, way[1], way[2]), 0);
    }
    assert.equal(steps.step(steps.root, -1, -1), 0);
    assert.equal(steps.make(steps.root, -1, -1), steps.step(steps.root, 0xffff_ffff, 0xffff_ffff), 'halves are 32 bits');
    steps.clear();
    for (const way of ways) assert.equal(steps.step(...way), 0);
  });
});
