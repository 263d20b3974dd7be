// Looks at a run (CpuEngine.onLook): each finds the vCPU where a run of that length would have ended, and changes nothing.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { BareMachine } from './bare-machine';
import { loadMixedProgram } from './mixed-program';
import { snapshot } from './snapshot';

const TOTAL = 4000;
/** With PAUSEs and other things that take more than 1 ns, which a look comes behind. */
const PERIOD = 37;

interface Seen {
  ns: number;
  retired: number;
  rip: bigint;
  rsp: bigint;
}

function mixed(tier: Tier): BareMachine {
  const machine = new BareMachine({ tier });
  loadMixedProgram(machine);
  return machine;
}
const seenOf = ({ engine, state }: BareMachine, ns: number): Seen => ({
  ns,
  retired: engine.retired(0),
  rip: state.u64('rip'),
  rsp: state.gpr(4),
});

describe('engine: looks', () => {
  for (const tier of ['interpreter', 'auto', 'jit'] as const) {
    it(`find the vCPU where a run ends that is no longer, and change nothing (${tier})`, () => {
      const cut = mixed(tier);
      const cuts: Seen[] = [];
      let ns = 0;
      while (ns < TOTAL) {
        assert.deepEqual(cut.run(Math.min(PERIOD, TOTAL - ns)), { kind: 'budget' });
        ns += cut.engine.consumedNs();
        if (ns < TOTAL) cuts.push(seenOf(cut, ns));
      }
      const looked = mixed(tier);
      const looks: Seen[] = [];
      looked.engine.onLook = () => {
        looks.push(seenOf(looked, looked.engine.consumedNs()));
        return PERIOD;
      };
      assert.deepEqual(looked.engine.runThrough(0, TOTAL, TOTAL, undefined, PERIOD), { kind: 'budget' });
      assert.equal(looked.engine.consumedNs(), ns);
      assert.ok(looks.length > 100);
      assert.deepEqual(looks, cuts);
      assert.deepEqual(snapshot(looked), snapshot(cut));
    });
  }

  it('are as long apart as was said at the last one, where something takes longer than until the next one, too', () => {
    const machine = new BareMachine();
    machine.longMode();
    // pause; jmp to it: 101 ns.
    machine.write(0x10000, 'f390 ebfc');
    machine.state.setU64('rip', 0x10000n);
    const at: number[] = [];
    machine.engine.onLook = () => {
      at.push(machine.engine.consumedNs());
      return at.length < 3 ? 10 : 1000;
    };
    assert.deepEqual(machine.engine.runThrough(0, 2500, 2500, undefined, 50), { kind: 'budget' });
    assert.deepEqual(at, [100, 201, 302, 1312, 2322]);
  });

  it('take the sample for compiling with them where one is due soon', () => {
    const loop = (): BareMachine => {
      const machine = new BareMachine({ tier: 'auto' });
      machine.longMode();
      // inc rax; jmp to it.
      machine.write(0x10000, '48ffc0 ebfb');
      machine.state.setU64('rip', 0x10000n);
      machine.run(40_000_000);
      return machine;
    };
    const trips = (machine: BareMachine, lookNs: number): number => {
      machine.engine.onLook = () => lookNs;
      machine.engine.runThrough(0, 100_000_000, 100_000_000, undefined, lookNs);
      return machine.engine.trips();
    };
    const [without, withLooks] = [trips(loop(), 1e9), trips(loop(), 1_000_000)];
    assert.ok(without > 80 && withLooks < 120, `${withLooks} trips, ${without} without looks`);
  });
});
