// Exits that repeat are counted: the host is told of all of them all the same, each with its time, in their order with the others, and none for one that said something else.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { snapshot } from './snapshot';
import { CPUID_NS, Timed } from './timed-machine';

const TIERS: readonly Tier[] = ['interpreter', 'jit', 'auto'];
const BACK = 'e900000000';
const CPUID = '31c031c90fa2';
/** INC ESI; TEST SIL, 3FH. */
const COUNT = 'ffc640f6c63f';
/** CPUID; IN AL, 80H; MOV AL, 7 and OUT 80H, AL. */
const STEADY = [CPUID, 'e480', 'b007e680'].map((code) => code + BACK);
const CHANGING: readonly (readonly [string, string])[] = [
  ['a value that changes each 64 times: INC ESI; MOV EAX, ESI; SHR EAX, 6; OUT 80H, AL', `ffc689f0c1e806e680${BACK}`],
  ['a leaf that does: INC ESI; MOV EAX, ESI; SHR EAX, 6; AND EAX, 3; XOR ECX, ECX; CPUID', `ffc689f0c1e80683e00331c90fa2${BACK}`],
  ['a NOP each 64 times', `${COUNT}750190${CPUID}${BACK}`],
  ['an UD2 each 64 times', `${COUNT}75020f0b${CPUID}${BACK}`],
  ['another port each 64 times', `${COUNT}7502e490${CPUID}e480${BACK}`],
  ['two that alternate', `${CPUID}${CPUID}${BACK}`],
  ['RDTSC behind it', `${CPUID}0f3101c7${BACK}`],
];

/** INC ESI; TEST SIL, FFH; JZ. */
const EACH_256 = 'ffc640f6c6ff0f84';
const NOP = '90';
/** What is run usually (and a jump), each 256 times (by then there were enough alike), and behind both. */
const AS_LATE: readonly (readonly [string, string, string, string])[] = [
  ['another exit: IN AL, 90H', NOP.repeat(300), 'e490', CPUID],
  ['the same at another place', `${CPUID}${NOP}`, `${CPUID}${NOP}${NOP}`, ''],
  ['another answer: MOV RAX, CR4; BTC EAX, 18; MOV CR4, RAX; CPUID', NOP.repeat(705), `0f20e00fbaf8120f22e0${CPUID}`, CPUID],
];
const near = (bytes: number): string => Buffer.from(new Int32Array([bytes]).buffer).toString('hex');

function run(code: string, tier: Tier, budgets: readonly number[], prepare: (machine: Timed) => void = () => {}): Timed {
  const [quick, plain] = [new Timed(code, true, tier), new Timed(code, false)];
  for (const machine of [quick, plain]) prepare(machine);
  for (const budgetNs of budgets) {
    assert.equal(quick.run(budgetNs, false), plain.run(budgetNs, false));
    assert.deepEqual(quick.exits, plain.exits);
    assert.deepEqual(snapshot(quick.machine), snapshot(plain.machine));
  }
  return quick;
}
const times = (n: number, budgetNs: number): number[] => Array.from({ length: n }, () => budgetNs);

describe('engine: exits that repeat', () => {
  for (const tier of TIERS) {
    it(`are counted, and told of with their times (${tier})`, () => {
      for (const code of STEADY) {
        const quick = run(code, tier, [3 * CPUID_NS, ...times(5, 400 * CPUID_NS), CPUID_NS / 2, 3 * CPUID_NS, ...times(3, 400 * CPUID_NS)]);
        assert.ok(quick.repeated > quick.exits.length / 2, `${quick.repeated} of ${quick.exits.length}`);
      }
    });

    for (const [what, code] of CHANGING)
      it(`end with ${what} (${tier})`, () => {
        run(code, tier, [3 * CPUID_NS, ...times(3, 700.5 * CPUID_NS), ...times(9, 9 * CPUID_NS), 300 * CPUID_NS]);
      });

    it(`end with the run: the next may be another vCPU's (${tier})`, () => {
      const usual = `${NOP.repeat(300)}e9${near(2)}`;
      const code = `${EACH_256}${near(usual.length / 2)}${usual}e480e480${BACK}`;
      const other = new Timed(code, false);
      other.run(300 * CPUID_NS, false);
      const places = other.exits.map((text) => text.split(' ')[1]);
      const first = Number(other.exits[places.findIndex((rip) => rip !== places[0])]!.split(' ')[0]);
      const [quick, plain] = [new Timed(code, true, tier), new Timed(code, false)];
      // The run ends before the exit at the other place, which lets the processor know the port's answer again.
      for (const [vcpu, budgetNs] of [[3, first - 1] as const, [4, 300 * CPUID_NS] as const]) {
        quick.vcpu = vcpu;
        for (const machine of [quick, plain]) machine.run(budgetNs, false);
        assert.deepEqual(quick.exits, plain.exits);
        // Eagerly compiled, each exit is a trip.
        if (tier !== 'jit') assert.ok(quick.repeated > 100, `${quick.repeated}`);
      }
    });

    for (const [what, usual, other, after] of AS_LATE)
      it(`end with ${what}, as late as the next would be (${tier})`, () => {
        const over = `${usual}e9${near(other.length / 2)}`;
        const quick = run(
          `${EACH_256}${near(over.length / 2)}${over}${other}${after}${BACK}`,
          tier,
          times(3, 2000 * CPUID_NS),
          (machine) => {
            const { state } = machine.machine;
            machine.answer = () => Number((state.u64('cr4') >> 18n) & 1n);
          },
        );
        const at = quick.exits.filter((text) => !text.includes('io 144')).map((text) => Number(text.split(' ')[0]));
        const lateness = new Set(at.slice(2).map((ns, n) => ns - at[n + 1]!));
        assert.equal(lateness.size, what.startsWith('another answer') ? 3 : 1, `${[...lateness]}`);
        // Eagerly compiled, each exit is a trip.
        if (tier !== 'jit') assert.ok(quick.repeated > 100, `${quick.repeated}`);
      });
  }
});
