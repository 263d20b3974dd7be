// Linux's own table of symbols, in the two orders that versions have, written here as scripts/kallsyms.c writes it.
import assert from 'node:assert/strict';
import { type KernelSymbol, kernelSymbols } from '../../src/symbols/kernel/kallsyms';

const BASE = 0xffff_ffff_8100_0000n;
/** Tokens of several letters, by their number; all others stand for their own letter. */
const LONG_TOKENS: Readonly<Record<number, string>> = { 1: 'x64_', 128: '__x64_sys_', 255: 'start_' };
const COUNT = 1500;

const SYMBOLS: readonly KernelSymbol[] = [
  { type: 'A', name: 'fixed_percpu_data', address: 0n },
  { type: 'A', name: 'current_task', address: 0x1fbc0n },
  { type: 'T', name: 'start_kernel', address: BASE },
  { type: 't', name: 'x'.repeat(200), address: BASE + 0x10n },
  ...Array.from({ length: COUNT }, (_, i) => ({ type: 'd', name: `__x64_sys_number_${i}`, address: BASE + 0x1000n + BigInt(i * 8) })),
];

function tokenOf(rest: string): [number, number] {
  for (const [token, text] of Object.entries(LONG_TOKENS)) if (rest.startsWith(text)) return [Number(token), text.length];
  return [rest.charCodeAt(0), 1];
}

function table(order: 'before' | 'behind', seqs: boolean): Uint8Array {
  const names: number[] = [];
  const marks: number[] = [];
  for (const [i, { type, name }] of SYMBOLS.entries()) {
    if (i % 256 === 0) marks.push(names.length);
    const packed: number[] = [];
    for (let rest = type + name; rest.length > 0; ) {
      const [token, length] = tokenOf(rest);
      packed.push(token);
      rest = rest.slice(length);
    }
    names.push(...(packed.length < 128 ? [packed.length] : [0x80 | (packed.length & 0x7f), packed.length >> 7]), ...packed);
  }
  const words = (values: readonly number[]): number[] => [...new Uint8Array(Int32Array.from(values).buffer)];
  const padded = (bytes: readonly number[]): number[] => [...bytes, ...new Array<number>(-bytes.length & 7).fill(0)];
  const offsets = padded(words(SYMBOLS.map(({ address }) => Number(address < BASE ? address : BASE - 1n - address))));
  const base = [...new Uint8Array(BigUint64Array.of(BASE).buffer)];
  const tokens: number[] = [];
  const index: number[] = [];
  for (let token = 0; token < 256; token++) {
    index.push(tokens.length & 0xff, tokens.length >> 8);
    const text = LONG_TOKENS[token] ?? (/[ -~]/.test(String.fromCharCode(token)) ? String.fromCharCode(token) : '');
    tokens.push(...new TextEncoder().encode(text), 0);
  }
  const head = [...padded(words([SYMBOLS.length])), ...padded(names), ...padded(words(marks))];
  const numbers = seqs ? padded(SYMBOLS.flatMap((_, i) => [0, i >> 8, i & 0xff])) : [];
  const tail = [...padded(tokens), ...padded(index)];
  const other = new TextEncoder().encode('0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00 of something else');
  const all =
    order === 'before' ? [...offsets, ...base, ...head, ...numbers, ...tail] : [...head, ...tail, ...offsets, ...base, ...numbers];
  return Uint8Array.from([...padded([...other]), ...all, ...new Array<number>(64).fill(0)]);
}

describe("Linux's own symbols (kallsyms)", () => {
  for (const [name, order, seqs] of [
    ['up to 6.1', 'before', false],
    ['of 6.2 and 6.3', 'before', true],
    ['from 6.4 on', 'behind', true],
  ] as const)
    it(`are read as kernels ${name} keep them`, () => assert.deepEqual(kernelSymbols(table(order, seqs)), SYMBOLS));

  it('that are not there or cut are none', () => {
    const whole = table('before', true);
    assert.equal(kernelSymbols(new Uint8Array(1000)), undefined);
    for (const length of [100, 4000, whole.length >> 1, whole.length - 1000])
      assert.equal(kernelSymbols(whole.slice(0, length)), undefined);
    assert.equal(kernelSymbols(whole.slice(COUNT * 4 + 4000)), undefined);
  });
});
