// Budget exactness: however a run is cut, the guest, its TLB and its counts are the same (design: interrupts, slices and stops fall on exact counts).
import assert from 'node:assert/strict';
import { BareMachine } from './bare-machine';
import { loadMixedProgram } from './mixed-program';
import { snapshot } from './snapshot';

/** Instructions until HLT, by one run. */
function whole(): { machine: BareMachine; retired: number } {
  const machine = new BareMachine();
  loadMixedProgram(machine);
  const result = machine.run(1_000_000);
  assert.equal(result.kind, 'halted');
  return { machine, retired: machine.engine.retired(0) };
}

describe('engine: exact budgets', () => {
  it('runs the mixed program to its HLT', () => {
    const { machine, retired } = whole();
    assert.ok(retired > 6000, `${retired} instructions`);
    assert.equal(machine.read(0x34000, 4)[0], 40);
  });

  it('N instructions in one run equal N runs of one, at every instruction of the program', () => {
    const { machine: reference, retired } = whole();
    const single = new BareMachine();
    loadMixedProgram(single);
    for (let i = 0; i < 1_000_000; i++) {
      const before = single.engine.retired(0);
      const result = single.run(1);
      if (result.kind === 'halted') break;
      assert.equal(result.kind, 'budget');
      assert.ok(single.engine.retired(0) - before <= 1);
    }
    assert.equal(single.engine.retired(0), retired);
    assert.deepEqual(snapshot(single), snapshot(reference));
  });

  for (const step of [2, 3, 7, 19, 50, 333])
    it(`pieces of ${step} end where one run of the same length ends`, () => {
      const pieces = new BareMachine();
      loadMixedProgram(pieces);
      const one = new BareMachine();
      loadMixedProgram(one);
      const total = step * Math.floor(4001 / step);
      for (let done = 0; done < total; done += step) assert.deepEqual(pieces.run(step), { kind: 'budget' });
      assert.deepEqual(one.run(total), { kind: 'budget' });
      assert.deepEqual(snapshot(pieces), snapshot(one));
    });

  it('runBorder runs one instruction at a time to the same end', () => {
    const { machine: reference } = whole();
    const single = new BareMachine();
    loadMixedProgram(single);
    for (let i = 0; i < 100_000; i++) if (single.engine.runBorder(0).kind === 'halted') break;
    assert.deepEqual(snapshot(single), snapshot(reference));
  });

  it('a flush of decoded code at any time changes nothing', () => {
    const { machine: reference } = whole();
    const flushed = new BareMachine();
    loadMixedProgram(flushed);
    for (;;) {
      if (flushed.run(101).kind === 'halted') break;
      flushed.engine.flushCode();
    }
    assert.deepEqual(snapshot(flushed), snapshot(reference));
  });

  it('PAUSE takes its virtual time, and counts as one instruction', () => {
    const machine = new BareMachine();
    const state = machine.longMode();
    machine.write(0x10000, 'f390 90 f390 90 f4');
    state.setU64('rip', 0x10000n);
    assert.equal(machine.run(1000).kind, 'halted');
    assert.equal(machine.engine.retired(0), 5);
    assert.equal(state.u64('extraNs'), 198n);
    assert.equal(machine.engine.consumedNs(), 203);
  });
});
