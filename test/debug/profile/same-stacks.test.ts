// Stacks that are as the last one was at the same instruction: only what following it looks at has to be equal, and all of that.
import assert from 'node:assert/strict';
import { FrameFinder } from '../../../src/debug/profile/frames';
import { SameStacks } from '../../../src/debug/profile/same-stacks';
import { PROFILE_REGISTERS, type ProfileSample } from '../../../src/machine/control/profile-types';
import { sampled } from './sampled';

type Register = (typeof PROFILE_REGISTERS)[number];

/** Another piece of memory, as each batch is. */
function changed(sample: ProfileSample, registers: Partial<Record<Register, bigint>>, stack: Record<number, number> = {}): ProfileSample {
  const made = { ...sample, registers: sample.registers.slice(), stack: sample.stack.slice() };
  for (const [name, value] of Object.entries(registers)) made.registers[PROFILE_REGISTERS.indexOf(name as Register)] = value;
  for (const [at, value] of Object.entries(stack)) made.stack[Number(at)] = value;
  return made;
}
const registerOf = ({ registers }: ProfileSample, name: Register): bigint => registers[PROFILE_REGISTERS.indexOf(name)]!;

describe('samples with the same stack', () => {
  const registers = BigUint64Array.from(PROFILE_REGISTERS, (_, i) => 0xffff_8000_0000_1000n + BigInt(i));
  const host = undefined;
  const numbers = { vm: 0, vcpu: 0, atNs: 1, ordinal: 1, weight: 1, known: undefined, sameAs: undefined };
  const first: ProfileSample = { ...numbers, cpl: 0, mode: 'long64', registers, stack: new Uint8Array(64).fill(7), host };

  it('are found by what was looked at', () => {
    const same = new SameStacks<string>();
    assert.equal(same.find(first), undefined);
    same.keep(first, 16, 'found');
    assert.equal(same.find(first), 'found');
    assert.equal(same.find(changed(first, { rax: 5n, rdi: 0n }, { 16: 1, 63: 1 })), 'found', 'nobody has asked');
    for (const name of ['rip', 'rsp', 'rbp'] as const)
      for (const bit of [0n, 31n, 32n, 63n])
        assert.equal(same.find(changed(first, { [name]: registerOf(first, name) ^ (1n << bit) })), undefined, `${name} bit ${bit}`);
    assert.equal(same.find(changed(first, { cs: 0x33n })), undefined);
    for (const at of [0, 8, 15]) assert.equal(same.find(changed(first, {}, { [at]: 8 })), undefined, `stack byte ${at}`);
    assert.equal(same.find({ ...first, cpl: 3 }), undefined);
    assert.equal(same.find({ ...first, mode: 'prot32' }), undefined);
    assert.equal(same.find({ ...first, stack: first.stack.subarray(0, 56) }), undefined);
    const next = changed(first, {}, { 3: 9 });
    same.keep(next, 100, 'next');
    assert.equal(same.find(first), undefined, 'the last one alone is kept');
    assert.equal(same.find(changed(next, {})), 'next');
    assert.equal(same.find(changed(next, {}, { 63: 1 })), undefined, 'all that there is');
    same.clear();
    assert.equal(same.find(next), undefined);
  });

  /** As if an interrupt had come where the sample is: what it pushes, from that word of the stack on. */
  function interrupted(sample: ProfileSample, word: number): ProfileSample {
    const rsp = registerOf(sample, 'rsp');
    const pushed = [registerOf(sample, 'rip'), registerOf(sample, 'cs'), 0x202n, rsp + BigInt(word + 5) * 8n, 0x10n];
    const bytes = new Uint8Array(BigUint64Array.from(pushed).buffer);
    return changed(sample, {}, Object.fromEntries([...bytes].map((value, i) => [word * 8 + i, value])));
  }

  for (const frames of ['described', 'not described'])
    it(`have the frames that they have alone, whatever of them differs from the one before (code that is ${frames})`, function () {
      this.timeout(300_000);
      const unwindRow = () => undefined;
      const { samples, context } = sampled(2048, (file) =>
        frames === 'described'
          ? file
          : new Proxy(file, { get: (of, name) => (name === 'unwindRow' ? unwindRow : Reflect.get(of, name, of)) }),
      );
      const finder = new FrameFinder(context);
      let differ = 0;
      for (const each of samples.filter(({ stack }, i) => i % 40 === 0 && stack.length > 512)) {
        const words = [...Array(12).keys()].map((word) => changed(each, {}, { [word * 8]: (each.stack[word * 8] ?? 0) ^ 0x10 }));
        const pushed = [0, 1, 3, 9, 30].map((word) => interrupted(each, word));
        const rsp = registerOf(each, 'rsp');
        const moved = [changed(each, { rbp: 0n }), changed(each, { rbp: rsp + 8n }), changed(each, { rsp: rsp + 0x10_0000n })];
        for (const other of [...words, ...pushed, ...moved, changed(each, { cs: 8n }), { ...each, stack: each.stack.subarray(0, 24) }]) {
          const known = finder.plainOf(each)?.found;
          const found = finder.plainOf(other)?.found;
          assert.deepEqual(found, new FrameFinder(context).plainOf(other)?.found);
          if (found !== known) differ++;
        }
      }
      assert.ok(differ > 50, `${differ} differ`);
    });
});
