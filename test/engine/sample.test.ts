// The engine's copy of a vCPU's registers and stack for a profile: what reading them one by one gives, by any page tables, and nothing changes by it.
import assert from 'node:assert/strict';
import { S, SEGMENT_STRIDE, SegmentField } from '../../src/x86/layout';
import { SAMPLED_FIELDS, SAMPLED_REGISTERS } from '../../src/x86/sampled-registers';
import { updateMode } from '../../src/x86/system/mode';
import { BareMachine } from './bare-machine';
import { snapshot } from './snapshot';

const SS_BASE = S.segments + 2 * SEGMENT_STRIDE + SegmentField.base;
const MOST = 0x1200;
const REGISTER_BYTES = SAMPLED_REGISTERS.length * 8;
const [PML5, PML4, PDPT, PD, PT] = [0x20_0000, 0x20_1000, 0x20_2000, 0x20_3000, 0x20_4000];

function machineWithTables(la57: boolean): BareMachine {
  const machine = new BareMachine();
  const state = machine.longMode();
  const entry = (table: number, index: number, value: bigint): void =>
    machine.write(table + index * 8, new Uint8Array(new BigUint64Array([value]).buffer));
  for (const index of [0, 511]) entry(PML5, index, BigInt(PML4) | 3n);
  // The second PDPT entry is a page of 1 GiB, in which is RAM at its start alone; NX and reserved bits in what is mapped.
  for (const index of [0, 511]) entry(PML4, index, BigInt(PDPT) | 0x8000_0000_0000_0067n);
  for (const index of [0, 510]) entry(PDPT, index, BigInt(PD) | 3n);
  entry(PDPT, 1, 0x83n);
  entry(PDPT, 2, 0x4000_0000n | 0x83n);
  entry(PDPT, 3, BigInt(0xf_ffff_f000) | 3n);
  entry(PD, 0, BigInt(PT) | 3n);
  // A page of 2 MiB with its PAT bit.
  entry(PD, 1, 0x20_0000n | 0x1083n);
  entry(PD, 3, BigInt(PT) | 3n);
  for (let i = 0; i < 512; i++) if (i % 5 !== 4) entry(PT, i, (BigInt((i * 37) % 1024) << 12n) | BigInt(i % 3 === 0 ? 1 : 0x161));
  state.setU64('cr3', BigInt(la57 ? PML5 : PML4) | 0x18n);
  if (la57) state.setU64('cr4', state.u64('cr4') | 0x1000n);
  updateMode(state);
  machine.engine.flushTlb(0);
  for (let at = 0; at < 0x20_0000; at += 8) machine.engine.memory.view.setUint32(machine.engine.memory.offsetOf(at)! + 4, at, true);
  return machine;
}

/** Byte by byte. */
function expected({ engine, state }: BareMachine, most: number): number[] {
  const start = state.gpr(4) + engine.memory.view.getBigUint64(state.base + SS_BASE, true);
  const bytes: number[] = [];
  for (let i = 0; i < most; i++) {
    const page = engine.translate(0, BigInt.asUintN(64, start + BigInt(i)));
    const offset = page && engine.memory.offsetOf(page.gpa);
    if (offset === undefined) break;
    bytes.push(engine.memory.u8[offset]!);
  }
  return bytes;
}

const ADDRESSES = [
  ...[0x0n, 0x1f_f000n, 0x2ff8n, 0x3ef0n, 0x3fff_ff00n, 0x4000_0000n, 0x3f_f800n, 0x40_0000n, 0x60_1008n, 0x20_0123n],
  ...[0x4000_0000n - 8n, 0x4040_0000n - 0x100n, 0x8000_0000n, 0xc000_0000n, 0xffff_ffff_8000_0000n, 0xffff_ffff_8020_1ff8n],
  ...[0x7fff_ffff_fff8n, 0x8000_0000_0000n, 0xffff_7fff_ffff_ff00n, 0xffff_ffff_ffff_fff0n, 0x00ff_ffff_ffff_fff8n, 0xff00_0000_0000_0000n],
];

describe('engine: samples', () => {
  for (const la57 of [false, true])
    it(`copy what is mapped from RSP on, with ${la57 ? 'five' : 'four'} levels`, () => {
      const machine = machineWithTables(la57);
      const { engine, state } = machine;
      let most = 0;
      for (const base of [0n, 0x1_0008n])
        for (const address of ADDRESSES) {
          state.setGpr(4, address);
          engine.memory.view.setBigUint64(state.base + SS_BASE, base, true);
          const before = snapshot(machine);
          const length = engine.sample(0, MOST);
          const at = engine.sampleAt + REGISTER_BYTES;
          const bytes = [...engine.memory.u8.slice(at, at + length)];
          assert.deepEqual(snapshot(machine), before);
          assert.deepEqual(bytes, expected(machine, MOST), `0x${address.toString(16)}`);
          most = Math.max(most, length);
        }
      assert.equal(most, MOST);
    });

  it('copy the registers', () => {
    const machine = machineWithTables(false);
    const { engine, state } = machine;
    for (let i = 0; i < 16; i++) state.setGpr(i, BigInt(i) * 0x0101_0101_0101_0101n);
    state.setU64('rip', 0x1234_5678_9abc_def0n);
    state.setU32('cpl', 3);
    assert.equal(engine.sample(0, 0), 0);
    const { view } = engine.memory;
    for (const [i, name] of SAMPLED_REGISTERS.entries()) {
      const field = state.base + SAMPLED_FIELDS[i]!;
      const value = name === 'cs' ? BigInt(view.getUint32(field, true)) : view.getBigUint64(field, true);
      assert.equal(view.getBigUint64(engine.sampleAt + i * 8, true), value, name);
    }
    assert.equal(view.getBigUint64(engine.sampleAt + 16 * 8, true), 0x1234_5678_9abc_def0n);
    assert.equal(view.getBigUint64(engine.sampleAt + 20 * 8, true), BigInt(PML4) | 0x18n);
  });

  it('are left to others without paging and in 32-bit paging, and where they are too long', () => {
    const machine = new BareMachine();
    machine.protectedMode();
    assert.equal(machine.engine.sample(0, 64), -1);
    machine.longMode();
    assert.equal(machine.engine.sample(0, 64), 64);
    assert.equal(machine.engine.sample(0, 1 << 20), -1);
  });
});
