// What a scheduler schedules: a vCPU of some VM, or a synthetic neighbour.
import type { SavedValue, Stateful } from '../../base/saved';
import type { VirtualNs } from '../../devices/ports';
import type { RunState } from '../control/types';
import { RunStateAccount } from './run-state-account';
import type { Runner } from './runner';

/** Weight of an entity that names none: the load of nice 0 in Linux. */
export const DEFAULT_WEIGHT = 1024;

export interface EntityConfig {
  name: string;
  weight: number;
  /** Goes before every entity under fair share. */
  absolute: boolean;
  /** pCPUs it may run on; undefined: all. */
  affinity?: readonly number[];
  home: number;
}

export class Entity implements Stateful {
  readonly account = new RunStateAccount();
  weight: number;
  readonly absolute: boolean;
  readonly affinity: readonly number[] | undefined;
  /** Weighted time it has had, comparable with others of the same pCPU. */
  vruntimeNs = 0;
  /** pCPU whose queue it is in or was in last. */
  pcpu: number;
  /** A vCPU's way into its engine; a neighbour has none. */
  runner: Runner | undefined;
  /** A neighbour's remaining work; a vCPU has no such end. */
  workNs: number | undefined;
  /** Runs on a pCPU from now on. */
  onSwitchIn: (pcpu: number, atNs: VirtualNs) => void = () => {};
  onSwitchOut: (to: RunState, atNs: VirtualNs) => void = () => {};

  constructor(
    readonly id: number,
    config: EntityConfig,
  ) {
    this.weight = config.weight;
    this.absolute = config.absolute;
    this.affinity = config.affinity;
    this.pcpu = config.home;
    this.name = config.name;
  }
  readonly name: string;
  /** The user keeps it from running; `gone`: for good. Its run state is then offline, or blocked until something wakes it. */
  hold: 'none' | 'held' | 'gone' = 'none';
  /** Held, and runnable but for that. */
  wouldRun = false;

  mayRunOn(pcpu: number): boolean {
    return this.affinity === undefined || this.affinity.includes(pcpu);
  }

  save(): SavedValue {
    return {
      account: this.account.save(),
      weight: this.weight,
      vruntimeNs: this.vruntimeNs,
      pcpu: this.pcpu,
      workNs: this.workNs ?? null,
      hold: this.hold,
      wouldRun: this.wouldRun,
    };
  }

  restore(saved: SavedValue): void {
    const from = saved as { account: SavedValue; weight: number; vruntimeNs: number; pcpu: number; workNs: number | null } & Pick<
      Entity,
      'hold' | 'wouldRun'
    >;
    this.account.restore(from.account);
    this.weight = from.weight;
    this.vruntimeNs = from.vruntimeNs;
    this.pcpu = from.pcpu;
    this.workNs = from.workNs ?? undefined;
    this.hold = from.hold;
    this.wouldRun = from.wouldRun;
  }
}
