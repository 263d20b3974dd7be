// What a scheduler schedules: a vCPU of some VM, or a synthetic neighbour.
import type { SavedValue, Stateful } from '../../base/saved';
import type { VirtualNs } from '../../devices/ports';
import type { RunState } from '../control/types';
import { Quota } from './quota';
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
  affinity?: readonly number[] | undefined;
  /** Percent of one pCPU that it may use at most; undefined: no cap. */
  cap?: number | undefined;
  /** The cap of all vCPUs of its VM together. */
  shared?: Quota;
  home: number;
}

export class Entity implements Stateful {
  readonly account = new RunStateAccount();
  weight: number;
  readonly absolute: boolean;
  affinity: readonly number[] | undefined;
  /** Its own cap. */
  readonly quota: Quota;
  readonly shared: Quota | undefined;
  /** Weighted time it has had, comparable with others of the same pCPU. */
  vruntimeNs = 0;
  /** Woke, and has not run since. */
  boosted = false;
  /** Its place among those that wait, where the policy gives one. */
  ticket = 0;
  /** Of its turn: how long it is, where the policy says so, and how much of it has been used. */
  turnNs = Number.POSITIVE_INFINITY;
  ranNs = 0;
  /** Taken of its caps' budgets and not used yet; infinite without a cap. */
  grantedNs = Number.POSITIVE_INFINITY;
  /** pCPU whose queue it is in or was in last. */
  pcpu: number;
  /** Since when it belongs to that pCPU. */
  movedNs: VirtualNs = 0;
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
    this.quota = new Quota(config.cap);
    this.shared = config.shared;
    this.pcpu = config.home;
    this.name = config.name;
    this.grantedNs = this.isCapped ? 0 : Number.POSITIVE_INFINITY;
  }
  readonly name: string;
  /** The user keeps it from running; `gone`: for good. Its run state is then offline, or blocked until something wakes it. */
  hold: 'none' | 'held' | 'gone' = 'none';
  /** Held, and runnable but for that. */
  wouldRun = false;
  /** Its whole VM is held: it is offline, whatever it did before. */
  vmHeld = false;
  /** It slept when its VM was held. */
  wouldSleep = false;

  get isHeld(): boolean {
    return this.hold !== 'none' || this.vmHeld;
  }

  mayRunOn(pcpu: number): boolean {
    return this.affinity === undefined || this.affinity.includes(pcpu);
  }

  get isCapped(): boolean {
    return this.quota.percent !== undefined || this.shared?.percent !== undefined;
  }

  /** Settles what it took of its budgets before, and takes more. False: there is nothing for now. */
  grant(atNs: VirtualNs): boolean {
    this.settle();
    if (!this.isCapped) {
      this.grantedNs = Number.POSITIVE_INFINITY;
      return true;
    }
    this.grantedNs = Math.min(this.quota.available(atNs), this.shared?.available(atNs) ?? Number.POSITIVE_INFINITY);
    this.quota.take(this.grantedNs);
    this.shared?.take(this.grantedNs);
    return this.grantedNs > 0;
  }

  /** Gives back what is left of it, or owes what it has run over. */
  settle(): void {
    if (!Number.isFinite(this.grantedNs)) {
      this.grantedNs = 0;
      return;
    }
    this.quota.take(-this.grantedNs);
    this.shared?.take(-this.grantedNs);
    this.grantedNs = 0;
  }

  /** When its caps leave something again. */
  grantsAtNs(atNs: VirtualNs): VirtualNs {
    const quotas = [this.quota, this.shared].filter((quota) => quota?.percent !== undefined && quota.available(atNs) <= 0);
    return Math.max(...quotas.map((quota) => quota!.refillsAtNs(atNs)), atNs + 1);
  }

  save(): SavedValue {
    return {
      account: this.account.save(),
      weight: this.weight,
      affinity: this.affinity === undefined ? null : [...this.affinity],
      quota: this.quota.save(),
      vruntimeNs: this.vruntimeNs,
      boosted: this.boosted,
      ticket: this.ticket,
      turnNs: finite(this.turnNs),
      ranNs: this.ranNs,
      grantedNs: finite(this.grantedNs),
      pcpu: this.pcpu,
      movedNs: this.movedNs,
      workNs: this.workNs ?? null,
      hold: this.hold,
      wouldRun: this.wouldRun,
      vmHeld: this.vmHeld,
      wouldSleep: this.wouldSleep,
    };
  }

  restore(saved: SavedValue): void {
    const from = saved as unknown as SavedEntity;
    this.account.restore(from.account);
    this.quota.restore(from.quota);
    this.weight = from.weight;
    this.affinity = from.affinity ?? undefined;
    this.vruntimeNs = from.vruntimeNs;
    this.boosted = from.boosted;
    this.ticket = from.ticket;
    this.turnNs = from.turnNs ?? Number.POSITIVE_INFINITY;
    this.ranNs = from.ranNs;
    this.grantedNs = from.grantedNs ?? Number.POSITIVE_INFINITY;
    this.pcpu = from.pcpu;
    this.movedNs = from.movedNs;
    this.workNs = from.workNs ?? undefined;
    this.hold = from.hold;
    this.wouldRun = from.wouldRun;
    this.vmHeld = from.vmHeld;
    this.wouldSleep = from.wouldSleep;
  }
}

interface SavedEntity {
  account: SavedValue;
  quota: SavedValue;
  weight: number;
  affinity: number[] | null;
  vruntimeNs: number;
  boosted: boolean;
  ticket: number;
  turnNs: number | null;
  ranNs: number;
  grantedNs: number | null;
  pcpu: number;
  movedNs: number;
  workNs: number | null;
  hold: Entity['hold'];
  wouldRun: boolean;
  vmHeld: boolean;
  wouldSleep: boolean;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
