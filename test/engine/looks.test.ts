// Looks at a run (CpuEngine.onLook): each finds the vCPU where a run of that length would have ended, and changes nothing.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import type { Regions } from '../../src/engine/jit/regions';
import { SAMPLED_REGISTERS } from '../../src/x86/sampled-registers';
import { BareMachine } from './bare-machine';
import { loadMixedProgram } from './mixed-program';
import { snapshot } from './snapshot';

const TOTAL = 4000;
/** With PAUSEs and other things that take more than 1 ns, which a look comes behind. */
const PERIOD = 37;

const STACK_BYTES = 64;
const REGISTER_BYTES = SAMPLED_REGISTERS.length * 8;

interface Sampled {
  registers: bigint[];
  stack: number[];
  cpl: number;
  mode: number;
}

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

function sampledOf({ engine }: BareMachine, at: number, length: number, cpl: number, mode: number): Sampled {
  const { view, u8 } = engine.memory;
  const stack = at + REGISTER_BYTES;
  const registers = SAMPLED_REGISTERS.map((_, i) => view.getBigUint64(at + i * 8, true));
  return { registers, stack: [...u8.subarray(stack, stack + length)], cpl, mode };
}
/** Every look of a run of `ns`, and how many of them the engine has taken by itself. */
function sampled(machine: BareMachine, ns: number, everyNs: number, periodic: boolean): { samples: Sampled[]; taken: number } {
  const { engine, state } = machine;
  const samples: Sampled[] = [];
  let taken = 0;
  let dueNs = everyNs;
  engine.onLook = () => {
    samples.push(sampledOf(machine, engine.sampleAt, engine.sample(0, STACK_BYTES), state.u32('cpl'), state.u32('mode')));
    // As the sampler has it: points are multiples.
    while (dueNs <= engine.consumedNs()) dueNs += everyNs;
    return dueNs - engine.consumedNs();
  };
  engine.lookPeriodically(
    periodic
      ? {
          everyNs,
          stackBytes: STACK_BYTES,
          taken: (_vcpu, at, length, cpl, mode) => {
            samples.push(sampledOf(machine, at, length, cpl, mode));
            taken++;
            dueNs += everyNs;
          },
        }
      : undefined,
  );
  assert.deepEqual(engine.runThrough(0, ns, ns, undefined, everyNs), { kind: 'budget' });
  return { samples, taken };
}

describe('engine: looks', () => {
  for (const tier of ['interpreter', 'auto', 'jit'] as const)
    it(`that are as far apart are the same where the engine takes them by itself (${tier})`, () => {
      for (const everyNs of [1, 2, 7, 37, 100, 1009]) {
        const [plain, periodic] = [mixed(tier), mixed(tier)];
        const expected = sampled(plain, TOTAL, everyNs, false);
        const found = sampled(periodic, TOTAL, everyNs, true);
        assert.deepEqual(found.samples, expected.samples);
        assert.deepEqual(snapshot(periodic), snapshot(plain));
      }
    });

  it('are taken by the engine itself in compiled code and in the middle of blocks, trips go on behind them, and the same is compiled', () => {
    const loop = (periodic: boolean) => {
      const machine = new BareMachine({ tier: 'auto' });
      machine.longMode();
      // mov esp, 0x80000; 1: inc rax; push rax; pop rbx; mov rcx, [rsp-8]; jmp 1b.
      machine.write(0x10000, 'bc00000800 48ffc0 50 5b 488b4c24f8 ebf4');
      machine.state.setU64('rip', 0x10000n);
      machine.run(40_000_000);
      const { samples, taken } = sampled(machine, 20_000_000, 99_991, periodic);
      return { machine, samples, taken, trips: machine.engine.trips() };
    };
    const [plain, periodic] = [loop(false), loop(true)];
    assert.deepEqual(periodic.samples, plain.samples);
    assert.equal(new Set(periodic.samples.map(({ registers }) => registers[16])).size, 5, 'each instruction');
    assert.ok(periodic.samples.length === 200 && periodic.taken > 180, `${periodic.taken} of ${periodic.samples.length}`);
    assert.ok(periodic.trips < 50, `${periodic.trips} trips`);
    assert.deepEqual(snapshot(periodic.machine), snapshot(plain.machine));
  });

  it('are taken by the engine itself where samples for regions come as often', () => {
    const loop = (everyNs: number, periodic: boolean) => {
      const machine = new BareMachine({ tier: 'auto' });
      machine.longMode();
      // 1: mov ecx, 100; 2: dec ecx; jnz 2b; pause; mov ecx, 77; 3: add rax, rcx; xor rbx, rax; dec ecx; jnz 3b; jmp 1b.
      machine.write(0x10000, 'b964000000 ffc9 75fc f390 b94d000000 4801c8 4831c3 ffc9 75f6 ebe4');
      machine.state.setU64('rip', 0x10000n);
      machine.run(40_000_000);
      const { samples, taken } = sampled(machine, 150_000_000, everyNs, periodic);
      return { machine, samples, taken, trips: machine.engine.trips() };
    };
    for (const [everyNs, mostTrips] of [
      [99_991, 350],
      [300_007, 230],
      [700_001, 195],
      [1_500_007, 160],
    ] as const) {
      const [plain, periodic] = [loop(everyNs, false), loop(everyNs, true)];
      assert.deepEqual(periodic.samples, plain.samples);
      assert.deepEqual(snapshot(periodic.machine), snapshot(plain.machine));
      const { samples, taken } = periodic;
      // A look in a PAUSE is left to TypeScript.
      assert.ok(taken > samples.length * 0.6, `${taken} of ${samples.length} at ${everyNs}`);
      assert.ok(periodic.trips < mostTrips, `${periodic.trips} trips at ${everyNs}`);
    }
  });

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

  it('make no difference to what is compiled', () => {
    const loops = (looks: 'none' | 'own' | 'periodic') => {
      const machine = new BareMachine({ tier: 'auto' });
      machine.longMode();
      // 1: mov ecx, 100; 2: dec ecx; jnz 2b; mov ecx, 77; 3: add rax, rcx; xor rbx, rax; dec ecx; jnz 3b; jmp 1b.
      machine.write(0x10000, 'b964000000 ffc9 75fc b94d000000 4801c8 4831c3 ffc9 75f6 ebe6');
      machine.state.setU64('rip', 0x10000n);
      const everyNs = looks === 'none' ? 1e12 : 1_000_000;
      const { regions } = machine.engine as unknown as { regions: Regions };
      let times = 0;
      const sampledRegion = regions.sampledRegion.bind(regions);
      regions.sampledRegion = () => {
        times++;
        sampledRegion();
      };
      sampled(machine, 200_000_000, everyNs, looks === 'periodic');
      return { ...machine.engine.statistics(), times, state: snapshot(machine) };
    };
    const [none, own, periodic] = [loops('none'), loops('own'), loops('periodic')];
    for (const { regionsCompiled, dispatches, times, state } of [own, periodic]) {
      assert.ok(Math.abs(times - none.times) <= 2, `compiled code was sampled ${times} times, ${none.times} without looks`);
      assert.equal(regionsCompiled, none.regionsCompiled);
      assert.ok(dispatches! < none.dispatches! * 1.1, `${dispatches} dispatches, ${none.dispatches} without looks`);
      assert.deepEqual(state, none.state);
    }
  });
});
