// The timers of a VM's devices, with a trace event where one is set and where it expires. Timers of the host's own have no name in the trace and leave none.
import type { Timer, Timers, VirtualNs } from '../../devices/ports';
import { TIMER_NAMES } from '../../trace/rows';

/** Which timer of TIMER_NAMES a device's timer is, and whose vCPU's. Undefined: not traced. */
function timerOf(name: string): { timer: number; vcpu: number } | undefined {
  const lapic = /^vcpu(\d+)\.lapic$/.exec(name);
  if (lapic !== null) return { timer: TIMER_NAMES.indexOf('lapic'), vcpu: Number(lapic[1]) };
  if (name === 'uart0.line') return undefined;
  const device = /^(pit|rtc|uart)\d*\./.exec(name)?.[1];
  return device === undefined ? undefined : { timer: TIMER_NAMES.indexOf(device as (typeof TIMER_NAMES)[number]), vcpu: -1 };
}

export interface TimerTrace {
  armed(timer: number, vcpu: number, deadlineNs: VirtualNs): void;
  fired(timer: number, vcpu: number, deadlineNs: VirtualNs): void;
}

class TracedTimer implements Timer {
  constructor(
    private readonly inner: Timer,
    private readonly onArm: (deadlineNs: VirtualNs) => void,
  ) {}

  get deadlineNs(): VirtualNs | undefined {
    return this.inner.deadlineNs;
  }
  arm(atNs: VirtualNs): void {
    this.inner.arm(atNs);
    this.onArm(atNs);
  }
  cancel(): void {
    this.inner.cancel();
  }
}

export function tracedTimers(timers: Timers, trace: TimerTrace): Timers {
  return {
    create(name, onExpire) {
      const of = timerOf(name);
      if (of === undefined) return timers.create(name, onExpire);
      const inner = timers.create(name, (deadlineNs) => {
        trace.fired(of.timer, of.vcpu, deadlineNs);
        onExpire(deadlineNs);
      });
      return new TracedTimer(inner, (deadlineNs) => trace.armed(of.timer, of.vcpu, deadlineNs));
    },
  };
}
