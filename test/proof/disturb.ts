// What a debugger and its panels do to a run, at random. None of it may be seen by the guest.
import assert from 'node:assert/strict';
import type { ControlCore } from '../../src/machine/control/control-core';
import type { ControlEvent, Program, Space, StopPointSpec } from '../../src/machine/control/types';
import type { Chance } from './random';

/** Called between two slices of a run; `running` or not as it finds it. */
export type Disturbance = (core: ControlCore, chance: Chance) => void;

/** Runs to the end in slices of random lengths; `meanNs` sets how many there are. What stopped goes on. */
export function runDisturbed(core: ControlCore, chance: Chance, meanNs: number, disturb: Disturbance): void {
  while (!core.ended) {
    core.resume();
    while (core.running) {
      // Short ones among long ones: several disturbances within a few instructions, and long spans without.
      const budgetNs = 1 + chance.below(2 * (chance.below(3) === 0 ? 50 : meanNs));
      core.advance(budgetNs, Number.POSITIVE_INFINITY);
      if (!core.ended) disturb(core, chance);
    }
  }
}

export const pause: Disturbance = (core) => core.pause();

/** One vCPU by one instruction, while the others run as the schedule has it; given up after a while, because a sleeping vCPU may never retire another. */
export const step: Disturbance = (core, chance) => {
  core.pause();
  const vcpu = chance.of(core.vcpus()).vcpu;
  for (let steps = 1 + chance.below(3); steps > 0 && !core.ended; steps--) {
    const before = core.vcpus()[vcpu]!.position.retired;
    let stop: Extract<ControlEvent, { kind: 'stopped' }> | undefined;
    const listening = core.onEvent((event) => {
      if (event.kind === 'stopped') stop = event;
    });
    core.resume({ step: { vm: 0, vcpu } });
    for (let patience = 20; core.running && patience > 0; patience--) core.advance(1000, Number.POSITIVE_INFINITY);
    listening.dispose();
    const reason = stop?.stop.reason;
    const retired = core.vcpus()[vcpu]!.position.retired - before;
    if (reason?.kind === 'step')
      assert.ok(retired === 1 || (retired === 0 && reason.diverted), `a step of vCPU ${vcpu} retired ${retired}`);
    if (core.running) core.pause();
  }
};

const equals = (register: string, mask: bigint, value: bigint): Program => [
  { op: 'register', name: register },
  { op: 'const', value: mask },
  { op: 'binary', operator: 'and' },
  { op: 'const', value },
  { op: 'binary', operator: 'eq' },
];
const loaded: Program = [
  { op: 'register', name: 'rsp' },
  { op: 'load', space: 'virtual', size: 8, signed: false },
  { op: 'const', value: 3n },
  { op: 'binary', operator: 'and' },
];
const CONDITIONS: readonly (Program | undefined)[] = [
  undefined,
  equals('rax', 1n, 0n),
  equals('rcx', 7n, 3n),
  equals('cpl', 3n, 3n),
  loaded,
  // Unreadable: false
  [
    { op: 'const', value: 0x1234_5678_9abc_def0n },
    { op: 'load', space: 'virtual', size: 4, signed: true },
  ],
];
const HYPERCALL_CONDITIONS: readonly (Program | undefined)[] = [
  undefined,
  [{ op: 'hypercall-name-is', name: 'SEND_IPI' }],
  [{ op: 'hypercall', field: 'a0' }],
  equals('rax', 15n, 11n),
];

function someWhere(core: ControlCore, chance: Chance, places: readonly bigint[]): StopPointSpec['where'] {
  const { vcpu, linearRip } = chance.of(core.vcpus());
  const address = places.length === 0 || chance.below(3) === 0 ? linearRip : chance.of(places);
  switch (chance.below(3)) {
    case 0:
      return { kind: 'linear', address };
    case 1: {
      const found = core.walk(0, vcpu, address).result;
      return found === null ? { kind: 'linear', address } : { kind: 'physical', address: found.gpa };
    }
    default:
      return chance.of([{ kind: 'hypercall' }, { kind: 'hypercall', interface: 'kvm', nr: 10 }] as const);
  }
}

/** Stop points set, changed and cleared while the guest runs; `places` are addresses that it comes to. */
export const stopPoints = (places: readonly bigint[]): Disturbance => {
  let stops = 0;
  return (core, chance) => {
    // A loop that stops at each turn would go on for ever: after some stops nothing is set for a while.
    if (!core.running) stops++;
    if (chance.below(4) === 0 || stops > 5) {
      stops = 0;
      core.setStopPoints([]);
      return;
    }
    if (!core.running) return;
    core.setStopPoints(
      Array.from({ length: 1 + chance.below(5) }, (_, id): StopPointSpec => {
        const where = someWhere(core, chance, places);
        const condition = chance.of(where.kind === 'hypercall' ? HYPERCALL_CONDITIONS : CONDITIONS);
        const log =
          chance.below(4) === 0 ? [{ text: 'rip ', program: [{ op: 'register', name: 'rip' }] as const, format: 'x' as const }] : undefined;
        return {
          id,
          vm: 0,
          where,
          ...(chance.below(4) === 0 ? { vcpu: chance.below(2) } : {}),
          ...(condition === undefined ? {} : { condition }),
          ...(chance.below(4) === 0 ? { ignoreCount: chance.below(4) } : {}),
          ...(log === undefined ? {} : { log }),
          ...(chance.below(5) === 0 ? { temporary: true } : {}),
        };
      }),
    );
  };
};

/** Everything that the panels and the debugger's views ask for. */
export const look: Disturbance = (core, chance) => {
  const { vcpu, linearRip, position } = chance.of(core.vcpus());
  const { values } = core.registers(0, vcpu);
  const cr3 = values.cr3 ?? 0n;
  const addresses = [linearRip, values.rsp ?? 0n, 0xffff_9000_0000_0000n + BigInt(chance.below(16) << 12), 0xfee0_0000n, 0x1234_5678_9abcn];
  const address = chance.of(addresses);
  const spaces: readonly Space[] = [
    { kind: 'virtual', vcpu },
    { kind: 'virtual', vcpu, cr3 },
    { kind: 'linear', vcpu },
    { kind: 'physical' },
  ];
  core.readMemory(0, chance.of(spaces), address, 1 + chance.below(5000));
  core.walk(0, vcpu, address);
  core.mappedRanges(0, vcpu, chance.of([0n, address]), 50);
  core.trace({ from: Math.max(0, position.event - 20), limit: 100, ...(chance.below(2) === 0 ? { kinds: ['vm-exit'], vcpu } : {}) });
  core.runStates(chance.below(1_000_000), position.virtualNs, 1 + chance.below(200));
  core.statistics();
  core.inputLog();
  if (chance.below(8) === 0) core.digest();
  if (!core.running && chance.below(8) === 0) core.save();
};

export const all =
  (...disturbances: readonly Disturbance[]): Disturbance =>
  (core, chance) => {
    const chosen = chance.of(disturbances);
    if (!core.ended) chosen(core, chance);
  };
