// Timers of one vCPU: singleshot and periodic, which send VIRQ_TIMER, and the end of SCHEDOP_poll (xen/common/sched/core.c).

import type { SavedValue, Stateful } from '../../base/saved';
import type { Timer } from '../../devices/ports';
import type { XenHost } from './host-port';

/** VCPUOP_set_periodic_timer takes no less. */
export const SHORTEST_PERIOD_NS = 1_000_000;

export class VcpuTimers implements Stateful {
  private readonly singleshot: Timer;
  private readonly periodic: Timer;
  private readonly poll: Timer;
  private periodNs = 0;
  private lastTickNs = 0;
  private running = false;

  constructor(
    private readonly host: XenHost,
    private readonly vcpu: number,
    private readonly events: { onTimer(): void; onPolled(): void },
  ) {
    this.singleshot = host.timers.create(`vcpu${vcpu}.xen-singleshot`, () => events.onTimer());
    this.periodic = host.timers.create(`vcpu${vcpu}.xen-periodic`, () => this.tick());
    this.poll = host.timers.create(`vcpu${vcpu}.xen-poll`, () => events.onPolled());
  }

  setSingleshot(atNs: number): void {
    this.singleshot.arm(Math.max(atNs, this.host.nowNs(this.vcpu)));
  }
  stopSingleshot(): void {
    this.singleshot.cancel();
  }

  /** 0: no longer. */
  setPeriod(periodNs: number): void {
    this.periodNs = periodNs;
    this.periodic.cancel();
    this.lastTickNs = this.host.nowNs(this.vcpu);
    if (periodNs !== 0 && this.running) this.periodic.arm(this.lastTickNs + periodNs);
  }

  /** It ticks only while the vCPU runs; a tick that was missed comes when it runs again. */
  private tick(): void {
    if (this.periodNs === 0) return;
    const nowNs = this.host.nowNs(this.vcpu);
    if (nowNs >= this.lastTickNs + this.periodNs) {
      this.lastTickNs = nowNs;
      this.events.onTimer();
    }
    this.periodic.arm(this.lastTickNs + this.periodNs);
  }
  scheduledIn(): void {
    this.running = true;
    if (this.periodNs !== 0) this.tick();
  }
  scheduledOut(): void {
    this.running = false;
    this.periodic.cancel();
  }

  pollUntil(atNs: number): void {
    this.poll.arm(Math.max(atNs, this.host.nowNs(this.vcpu)));
  }
  endPoll(): void {
    this.poll.cancel();
  }

  reset(): void {
    this.singleshot.cancel();
    this.periodic.cancel();
    this.poll.cancel();
    this.periodNs = 0;
  }

  save(): SavedValue {
    return { periodNs: this.periodNs, lastTickNs: this.lastTickNs, running: this.running };
  }
  restore(state: SavedValue): void {
    Object.assign(this, state as unknown as { periodNs: number; lastTickNs: number; running: boolean });
  }
}
