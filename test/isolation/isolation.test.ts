// A guest breaks only itself: garbage at every border to the host never throws, never takes long, and never reaches the VM beside it.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Chance } from '../proof/random';
import { type Bytes, load, out, Reg, STI_HLT, STI_NOP_CLI, store, storeFar, VMCALL, wrmsr } from './assemble';
import { Isolation } from './episode';
import { Place } from './guest';
import { INTERFACES } from './interfaces.rows';
import { MAX_STEPS } from './work';

const EPISODES = 3;
const OPERATIONS = 400;

describe('isolation: a guest breaks only itself', function () {
  this.timeout(300_000);
  const chance = new Chance();
  before(() => chance.announce());
  const isolation = new Isolation();

  for (const row of INTERFACES) {
    it(`garbage at ${row.name}`, () => {
      const ends = new Map<string, number>();
      let [steps, what, ms] = [0, '', 0];
      for (let i = 0; i < EPISODES; i++) {
        const episode = { row, seed: chance.below(2 ** 31), operations: OPERATIONS };
        try {
          const { end = 'went on', longest } = isolation.play(episode);
          ends.set(end, (ends.get(end) ?? 0) + 1);
          ms = Math.max(ms, longest.ms);
          if (longest.steps > steps) [steps, what] = [longest.steps, longest.what];
          assert.ok(longest.steps <= MAX_STEPS, `one exit took ${longest.steps} steps: ${longest.what}`);
        } catch (error) {
          throw new Error(`${row.name}, seed ${episode.seed}, ${OPERATIONS} operations: ${(error as Error).message}`, { cause: error });
        }
      }
      console.log(
        `      ${[...ends].map(([end, count]) => `${count} ${end}`).join(', ')}; at most ${steps} steps (${what}), ${ms.toFixed(2)} ms`,
      );
    });
  }
});

describe('isolation: what was found', function () {
  this.timeout(300_000);
  const isolation = new Isolation();
  const found = (operations: Bytes[], hypervisor: 'kvm' | 'xen' = 'kvm', machine: 'minimal' | 'pc' = 'pc') =>
    isolation.play({
      row: { name: 'found', hypervisor, machine, operation: () => operations.shift() ?? STI_NOP_CLI },
      seed: 1,
      operations: operations.length,
    });

  it('timers at the end of virtual time: the host sleeps, and goes on', () => {
    const far = 2n ** 53n - 2n;
    const timers = [
      [...storeFar(0xfee0_00f0, 0x1ff, 4), ...storeFar(0xfee0_0320, 0x4_0040, 4), ...wrmsr(0x6e0, far * 2n)],
      wrmsr(0x6e0, 2n ** 64n - 1n),
      STI_HLT,
    ];
    assert.equal(found(timers).end, undefined);
    const xen = [
      [...load(Reg.rdi, far), ...load(Reg.rax, 15), ...VMCALL],
      [...load(Reg.rdi, 1), ...load(Reg.rax, 29), ...VMCALL],
    ];
    found(xen, 'xen');
  });

  it('a transfer of all memory by fw_cfg goes on in pieces', () => {
    const be = (value: bigint): bigint => new DataView(BigUint64Array.of(value).buffer).getBigUint64(0, false);
    // All of the guest's memory but its first pages and this control block, from the item of the initial RAM disk.
    const block = Place.scratch;
    const [control, length, address] = [(0x12n << 16n) | 0x0an, BigInt((8 << 20) - 0x180000), 0x180000n];
    const { longest } = found([
      store(block, be((control << 32n) | length)),
      store(block + 8, be(address)),
      out(0x514, 0, 4),
      out(0x518, Number(be(BigInt(block)) >> 32n), 4),
      ...Array.from({ length: 40 }, () => [...storeFar(0xfee0_00f0, 0x1ff, 4), ...storeFar(0xfee0_0380, 1000, 4), ...STI_NOP_CLI]),
    ]);
    assert.ok((longest.kinds.get('timer')?.length ?? 0) > 2, 'it goes on by a timer');
    assert.ok(longest.steps >= 64 && longest.steps <= 200, `${longest.steps} steps: ${longest.what}`);
  });

  it('ticks as short as they come leave the host time for others', () => {
    const lapic = [...storeFar(0xfee0_00f0, 0x1ff, 4), ...storeFar(0xfee0_03e0, 0xb, 4), ...storeFar(0xfee0_0320, 0x2_0040, 4)];
    found([[...lapic, ...storeFar(0xfee0_0380, 1, 4)], STI_HLT]);
    const hpet = [...storeFar(0xfed0_0100, 0x2e_004c | (1 << 8), 4), ...storeFar(0xfed0_0108, 1, 4), ...storeFar(0xfed0_0010, 1, 4)];
    found([[...hpet, ...storeFar(0xfec0_0000, 0x3e, 4)], STI_HLT]);
  });
});
