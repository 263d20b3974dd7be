import assert from 'node:assert/strict';
import { packOf, partsOf } from '../../src/native-code/module-pack';
import { newPack } from '../../src/native-code/new-pack';
import { Chance } from '../proof/random';

const NAMES = ['00', '7f', 'ff'].map((byte) => byte.repeat(32));

describe('byte strings by name in one', () => {
  it('come out as they went in', () => {
    const chance = new Chance();
    const parts = new Map(NAMES.map((name) => [name, Uint8Array.from({ length: chance.below(100) }, () => chance.below(256))]));
    const out = partsOf(packOf(parts));
    assert.deepEqual(
      [...out].map(([name, bytes]) => [name, [...bytes]]),
      [...parts].map(([name, bytes]) => [name, [...bytes]]),
    );
    assert.deepEqual([...partsOf(packOf(new Map()))], []);
  });

  it('are left out where the pack ends before they do', () => {
    const pack = packOf(new Map(NAMES.map((name, i) => [name, new Uint8Array(10 + i)])));
    const counts = Array.from({ length: pack.length + 1 }, (_, length) => partsOf(pack.subarray(0, length)).size);
    assert.deepEqual(
      counts,
      counts.map((_, length) => [46, 93, 141].filter((end) => length >= end).length),
    );
  });
});

describe('a new pack', () => {
  it('has at most 4 MiB: what was used goes before what was not', () => {
    const large = (byte: number): Uint8Array => new Uint8Array(1_500_000).fill(byte);
    const before = packOf(new Map(NAMES.map((name, i) => [name, large(i)])));
    const used = new Map([2, 0].map((i) => [NAMES[i]!, new Uint8Array()]));
    const after = partsOf(newPack(before, packOf(used)));
    assert.deepEqual(
      [...after].map(([name, bytes]) => [name, bytes[0]]),
      [
        [NAMES[2], 2],
        [NAMES[0], 0],
      ],
    );
  });
});
