// Looks at a run that lie in exits which the engine serves itself: they find what a look behind the exit finds, at the exit's instruction, with what its event says; and change nothing.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { SAMPLED_EXIT_BYTES } from '../../src/engine/record';
import { SAMPLED_REGISTERS } from '../../src/x86/sampled-registers';
import { snapshot } from './snapshot';
import { CPUID_NS, IO_NS, Timed } from './timed-machine';

const TIERS: readonly Tier[] = ['interpreter', 'jit', 'auto'];
const STACK_BYTES = 64;
const RIP = SAMPLED_REGISTERS.indexOf('rip');
const LOOPS = {
  // XOR EAX, EAX; XOR ECX, ECX; CPUID; JMP back.
  CPUID: '31c031c90fa2e900000000',
  // The region's first instruction is the exit: OUT 80H, AL; INC RAX; JMP back.
  OUT: 'e68048ffc0e900000000',
  // Between others: INC RAX; IN AL, 80H; PUSH RAX; POP RBX; OUT 90H, AL; CPUID; UD2, which its handler returns behind.
  mixed: '48ffc0e480505be6900fa20f0be900000000',
} as const;

interface Look {
  atNs: number;
  registers: bigint[];
  stack: number[];
  /** Reason and what it names, where the look is in an exit. */
  exit: string | undefined;
}

function looksOf(
  timed: Timed,
  everyNs: number,
  periodic: boolean,
  runs: number,
  runNs: number,
): { looks: Look[]; taken: number; asked: number } {
  const { engine } = timed.machine;
  const { view, u8 } = engine.memory;
  const looks: Look[] = [];
  let [taken, asked, dueNs, startNs] = [0, 0, everyNs, 0];
  const look = (at: number, length: number, exit: string | undefined): void => {
    const registers = SAMPLED_REGISTERS.map((_, i) => view.getBigUint64(at + i * 8, true));
    const stack = at + registers.length * 8;
    looks.push({ atNs: dueNs, registers, stack: [...u8.subarray(stack, stack + length)], exit });
  };
  engine.onLook = () => {
    asked++;
    const nowNs = startNs + engine.consumedNs();
    look(engine.sampleAt, engine.sample(0, STACK_BYTES), nowNs > dueNs ? 'some' : undefined);
    while (dueNs <= nowNs) dueNs += everyNs;
    return dueNs - nowNs;
  };
  const exitAt = (at: number): string => {
    const fields = Array.from({ length: SAMPLED_EXIT_BYTES / 8 }, (_, i) => view.getBigUint64(at + i * 8, true));
    return fields.slice(0, 2).join(' ');
  };
  engine.lookPeriodically(
    periodic
      ? {
          everyNs,
          stackBytes: STACK_BYTES,
          taken: (_vcpu, at, length, _cpl, _mode, exit) => {
            taken++;
            look(at, length, exit === undefined ? undefined : exitAt(exit));
            dueNs += everyNs;
          },
        }
      : undefined,
  );
  for (let i = 0; i < runs; i++) {
    engine.runThrough(0, runNs, runNs, undefined, dueNs - startNs);
    startNs += engine.consumedNs();
    if (startNs >= dueNs) engine.onLook(0);
  }
  return { looks, taken, asked };
}

describe('engine: looks in exits', () => {
  for (const tier of TIERS)
    for (const [name, code] of Object.entries(LOOPS))
      it(`are the same where the engine takes them by itself (${name}, ${tier})`, () => {
        for (const everyNs of name === 'mixed' ? [1009, 2_003] : [350, 1009, 7_919]) {
          const [quick, plain] = [new Timed(code, true, tier), new Timed(code, false)];
          const runNs = everyNs * 9 + 77;
          // What is plain, and what CPUID says, is asked for in each run.
          const found = looksOf(quick, everyNs, true, 6, runNs);
          const expected = looksOf(plain, everyNs, false, 6, runNs);
          assert.equal(found.looks.length, expected.looks.length);
          for (const [i, look] of found.looks.entries()) {
            const other = expected.looks[i]!;
            assert.equal(look.atNs, other.atNs, `look ${i}`);
            assert.equal(look.exit === undefined, other.exit === undefined, `look ${i}`);
            const back = other.registers[RIP]! - look.registers[RIP]!;
            // At the exit's instruction, where the engine has taken it.
            assert.ok(back === 0n || (look.exit !== undefined && back === 2n), `${back} bytes back`);
            assert.deepEqual({ ...look.registers, [RIP]: 0n }, { ...other.registers, [RIP]: 0n });
            assert.deepEqual(look.stack, other.stack);
            if (look.exit !== undefined && look.exit !== 'some') assert.match(look.exit, /^(6 0|9 128|9 144)$/);
          }
          assert.deepEqual(quick.exits, plain.exits);
          assert.deepEqual(snapshot(quick.machine), snapshot(plain.machine));
        }
      });

  it('do not lead to TypeScript, nor end trips', () => {
    for (const code of [LOOPS.CPUID, LOOPS.OUT])
      for (const tier of ['interpreter', 'auto'] as const) {
        const timed = new Timed(code, true, tier);
        const everyNs = 50 * (CPUID_NS + IO_NS) + 7;
        const { looks, taken, asked } = looksOf(timed, everyNs, true, 1, everyNs * 100);
        assert.ok(looks.length >= 99, `${looks.length} looks`);
        assert.ok(taken > looks.length * 0.9, `${taken} taken, ${asked} asked for`);
        const trips = timed.machine.engine.trips();
        assert.ok(trips < looks.length * 0.3, `${trips} trips`);
      }
  });
});
