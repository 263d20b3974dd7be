// The one account of where a vCPU's time went: Xen's four run states. KVM's steal area, statistics and the Time panel all read it.
import { assert } from '../../base/assert';
import type { SavedValue, Stateful } from '../../base/saved';
import type { VirtualNs } from '../../devices/ports';
import type { RunState } from '../control/types';
import { RunStateHistory } from './run-state-history';

export const RUN_STATES = ['running', 'runnable', 'blocked', 'offline'] as const satisfies readonly RunState[];

export class RunStateAccount implements Stateful {
  private totalsNs: Record<RunState, number> = { running: 0, runnable: 0, blocked: 0, offline: 0 };
  state: RunState = 'offline';
  sinceNs: VirtualNs = 0;
  pcpu = -1;
  /** Of the running time: spent by the hypervisor on this vCPU's behalf. */
  hypervisorNs = 0;
  readonly history = new RunStateHistory();
  onChange: (from: RunState, to: RunState, atNs: VirtualNs, pcpu: number) => void = () => {};

  /** The next state begins; not before the present one began. */
  enter(state: RunState, atNs: VirtualNs, pcpu: number): void {
    assert(atNs >= this.sinceNs, `run state ${state} at ${atNs} begins before ${this.state} at ${this.sinceNs}`);
    this.history.add(this.state, this.sinceNs, atNs, this.pcpu);
    this.totalsNs[this.state] += atNs - this.sinceNs;
    this.onChange(this.state, state, atNs, pcpu);
    this.state = state;
    this.sinceNs = atNs;
    this.pcpu = state === 'running' ? pcpu : -1;
  }

  /** Time spent in `state` up to `atNs` (not before the present state began): the four sum to `atNs`. */
  ns(state: RunState, atNs: VirtualNs): number {
    return this.totalsNs[state] + (this.state === state ? Math.max(0, atNs - this.sinceNs) : 0);
  }

  save(): SavedValue {
    return { totalsNs: { ...this.totalsNs }, state: this.state, sinceNs: this.sinceNs, pcpu: this.pcpu, hypervisorNs: this.hypervisorNs };
  }

  restore(saved: SavedValue): void {
    const from = saved as { totalsNs: Record<RunState, number>; state: RunState; sinceNs: number; pcpu: number; hypervisorNs: number };
    this.totalsNs = { ...from.totalsNs };
    this.state = from.state;
    this.sinceNs = from.sinceNs;
    this.pcpu = from.pcpu;
    this.hypervisorNs = from.hypervisorNs;
    this.history.cutAt(this.sinceNs);
  }
}
