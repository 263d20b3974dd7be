// Samples of stacks that their reader knows are numbers: where registers, the bytes that count and the length are as told, and nowhere else.
import assert from 'node:assert/strict';
import type { KnownStack } from '../../src/engine/stack-table';
import { SAMPLED_REGISTERS } from '../../src/x86/sampled-registers';
import { BareMachine } from './bare-machine';

const MOST = 256;
const REGISTER_BYTES = SAMPLED_REGISTERS.length * 8;
const RIP = 0xffff_8000_0001_0000n & 0xffffn;

/** At a stack that begins 40 bytes before the end of a page. */
function machineAt(rsp = 0x7fd8n): BareMachine {
  const machine = new BareMachine({ ramSize: 2 << 20 });
  const state = machine.longMode();
  machine.write(
    0x7f00,
    Uint8Array.from({ length: 0x400 }, (_, i) => (i * 7) & 0xff),
  );
  state.setU64('rip', RIP);
  state.setGpr(4, rsp);
  state.setGpr(5, 0x8100n);
  return machine;
}
function stackOf({ engine, state }: BareMachine, number: number, reach: number, length = MOST): KnownStack {
  const at = engine.sampleAt + REGISTER_BYTES;
  assert.equal(engine.sample(0, MOST), MOST);
  return {
    ...{ rip: state.u64('rip'), rsp: state.gpr(4), rbp: state.gpr(5), cr3: state.u64('cr3'), cpl: state.u32('cpl') },
    cs: Number(engine.memory.view.getBigUint64(engine.sampleAt + SAMPLED_REGISTERS.indexOf('cs') * 8, true)),
    ...{ length, number, bytes: engine.memory.u8.slice(at, at + reach) },
  };
}
const known = (number: number): number => -2 - number;

describe('engine: stacks that are known', () => {
  it('are their number, as long as all that counts is the same', () => {
    const machine = machineAt();
    const { engine, state } = machine;
    engine.stackTable.add(stackOf(machine, 77, 48));
    assert.equal(engine.sample(0, MOST), known(77));
    const differs = (change: () => () => void): void => {
      const undo = change();
      assert.equal(engine.sample(0, MOST), MOST);
      undo();
      assert.equal(engine.sample(0, MOST), known(77));
    };
    for (const [register, value] of [
      [4, 0x7fe0n],
      [5, 0x8108n],
    ] as const)
      differs(() => {
        const before = state.gpr(register);
        state.setGpr(register, value);
        return () => state.setGpr(register, before);
      });
    for (const other of [RIP + 1n, RIP | (1n << 40n)])
      differs(() => {
        state.setU64('rip', other);
        return () => state.setU64('rip', RIP);
      });
    differs(() => {
      state.setU32('cpl', 3);
      return () => state.setU32('cpl', 0);
    });
    // On either page; what is behind does not count, nor do other registers.
    for (const at of [0x7fd8, 0x7fff, 0x8000, 0x8007])
      differs(() => {
        const [before] = engine.memory.readPage(at >> 12, at & 0xfff, 1);
        machine.write(at, Uint8Array.of(before! ^ 1));
        return () => machine.write(at, Uint8Array.of(before!));
      });
    machine.write(0x8008, '5a5a');
    state.setGpr(3, 5n);
    assert.equal(engine.sample(0, MOST), known(77));
    engine.stackTable.clear();
    assert.equal(engine.sample(0, MOST), MOST);
  });

  it('are whole samples where they have another length, whose bytes are there', () => {
    const machine = machineAt();
    const { engine } = machine;
    engine.stackTable.add(stackOf(machine, 3, 16, MOST - 8));
    engine.memory.u8.fill(0, engine.sampleAt, engine.sampleAt + REGISTER_BYTES + MOST);
    assert.equal(engine.sample(0, MOST), MOST);
    const at = engine.sampleAt + REGISTER_BYTES;
    assert.deepEqual(
      [...engine.memory.u8.subarray(at, at + MOST)],
      Array.from({ length: MOST }, (_, i) => ((0xd8 + i) * 7) & 0xff),
    );
    assert.equal(engine.memory.view.getBigUint64(engine.sampleAt + SAMPLED_REGISTERS.indexOf('rip') * 8, true), RIP);
  });

  it('are of the instruction that an exit was, as far before RIP as is said', () => {
    const machine = machineAt();
    const { engine, state } = machine;
    engine.stackTable.add(stackOf(machine, 5, 8));
    state.setU64('rip', RIP + 2n);
    assert.equal(engine.sample(0, MOST), MOST);
    assert.equal(engine.sample(0, MOST, 2), known(5));
    assert.equal(engine.sample(0, MOST, 1), MOST);
    assert.equal(engine.memory.view.getBigUint64(engine.sampleAt + SAMPLED_REGISTERS.indexOf('rip') * 8, true), RIP + 1n);
  });

  it('are forgotten where there are too many, and learned again', () => {
    const machine = machineAt();
    const { engine, state } = machine;
    for (let i = 0; i < 500; i++) {
      state.setU64('rip', RIP + BigInt(i));
      engine.stackTable.add(stackOf(machine, i, 200));
      assert.equal(engine.sample(0, MOST), known(i));
    }
    state.setU64('rip', RIP);
    assert.equal(engine.sample(0, MOST), MOST);
    // What no entry has room for, and what is no whole words, is not known.
    engine.stackTable.add({ ...stackOf(machine, 1, 0), bytes: new Uint8Array(0x8000) });
    engine.stackTable.add({ ...stackOf(machine, 1, 0), bytes: new Uint8Array(9) });
    assert.equal(engine.sample(0, MOST), MOST);
  });
});
