// Scheduling policies: who of those that wait for a pCPU goes first, and how long a turn lasts. One row each; the command line, launch.json and the scheduler read them.
import type { Draw } from './draw';
import { DEFAULT_WEIGHT, type Entity } from './entity';

/** A turn under contention. */
export const TURN_NS = 1_000_000;

/** Nobody that wakes ends a turn before it has lasted so long: switching costs. */
const LEAST_NS = 50_000;

export interface Policy {
  readonly name: string;
  readonly doc: string;
  /** A number that an entity gets when it begins to wait. */
  ticket(draw: Draw, count: number): number;
  /** Of two under this policy (absolute ones go before all others, equal ones by number): negative where `a` goes before `b`. */
  compare(a: Entity, b: Entity): number;
  /** Length of the turn that begins now, where the policy has one of its own. */
  turnNs(draw: Draw): number;
  /** How long the running entity may still run while `rival` is the first of those that wait; at 0 it gives way. */
  leftNs(current: Entity, rival: Entity | undefined): number;
  /** At the end of a turn: how long nobody gives the entity a pCPU, although it could run. */
  holdNs(draw: Draw): number;
  /** A vCPU that wakes may come to any pCPU, also a busy one. */
  readonly anyPcpu: boolean;
}

const none = (): number => 0;
const endless = (): number => Number.POSITIVE_INFINITY;

/** 100 ns to 819 µs, every power of two equally often: from a few instructions to a turn. */
const chaosTurnNs = (draw: Draw): number => 100 * 2 ** draw.below(14);

export const POLICIES = [
  {
    name: 'fair',
    doc: 'Weighted fair: each gets CPU time by its weight; one that wakes and has had no more than its share goes first.',
    ticket: none,
    compare: (a, b) => a.vruntimeNs - b.vruntimeNs || Number(b.boosted) - Number(a.boosted),
    turnNs: endless,
    leftNs: (current, rival) => {
      if (rival === undefined) return Number.POSITIVE_INFINITY;
      const aheadNs = rival.vruntimeNs + (rival.boosted ? 0 : TURN_NS) - current.vruntimeNs;
      const leftNs = Math.max(0, Math.ceil((aheadNs * current.weight) / DEFAULT_WEIGHT));
      return rival.boosted ? Math.max(leftNs, LEAST_NS - current.ranNs) : leftNs;
    },
    holdNs: none,
    anyPcpu: false,
  },
  {
    name: 'round-robin',
    doc: 'Each in turn for 1 ms, whatever its weight.',
    ticket: (_draw, count) => count,
    compare: (a, b) => a.ticket - b.ticket,
    turnNs: () => TURN_NS,
    leftNs: (current, rival) => (rival === undefined ? Number.POSITIVE_INFINITY : Math.max(0, current.turnNs - current.ranNs)),
    holdNs: none,
    anyPcpu: false,
  },
  {
    name: 'chaos',
    doc: 'Looks for races: turns of random length, in random order, on random pCPUs, with random pauses; the same for the same seed.',
    ticket: (draw) => draw.below(1 << 30),
    compare: (a, b) => a.ticket - b.ticket,
    turnNs: chaosTurnNs,
    leftNs: (current) => Math.max(0, current.turnNs - current.ranNs),
    holdNs: (draw) => (draw.below(4) === 0 ? chaosTurnNs(draw) : 0),
    anyPcpu: true,
  },
] as const satisfies readonly Policy[];

export type PolicyName = (typeof POLICIES)[number]['name'];
export const POLICY_NAMES: readonly PolicyName[] = POLICIES.map(({ name }) => name);
export const DEFAULT_POLICY: PolicyName = 'fair';

export const policyOf = (name: PolicyName): Policy & { readonly name: PolicyName } => POLICIES.find((policy) => policy.name === name)!;
