// What one VM writes into the trace by itself: events of its devices and its life at its own time, run states and wakes of its vCPUs.
import type { VirtualNs } from '../../devices/ports';
import type { TraceRecorder } from '../../trace/recorder';
import { CONSOLE_STREAMS, POWER_EVENTS, RUN_STATES, TraceKind, WAKE_REASONS } from '../../trace/rows';
import type { ConsoleStream } from '../control/types';
import type { VirtualTime } from '../time/virtual-time';
import type { Vcpu, WakeReason } from './vcpu';

export interface VmTraceParts {
  readonly recorder: TraceRecorder;
  readonly vm: number;
  readonly time: VirtualTime;
  /** Of a vCPU; 0 while the VM is being made. */
  ripOf(vcpu: number): bigint;
  /** The vCPU that runs at this instant; -1: none. */
  wakerOf(): { vm: number; vcpu: number };
}

export class VmTrace {
  constructor(private readonly parts: VmTraceParts) {}

  /** `vcpu`: -1 for what is nobody's. */
  event(kind: number, vcpu: number, f0?: number | bigint, f1?: number | bigint, f2?: number | bigint, f3?: number | bigint): void {
    const { recorder, vm, time } = this.parts;
    const rip = vcpu >= 0 ? this.parts.ripOf(vcpu) : 0n;
    recorder.event(kind, vm, vcpu, time.nowNs(), 0, rip, f0, f1, f2, f3);
  }

  wake(vcpu: Vcpu, reason: WakeReason, atNs: VirtualNs): void {
    const { recorder, vm } = this.parts;
    const by = this.parts.wakerOf();
    recorder.event(TraceKind['sched-wake'], vm, vcpu.index, atNs, 0, vcpu.rip(), WAKE_REASONS.indexOf(reason), by.vm, by.vcpu);
  }

  runState(vcpu: number, atNs: VirtualNs, from: (typeof RUN_STATES)[number], to: (typeof RUN_STATES)[number], pcpu: number): void {
    const { recorder, vm } = this.parts;
    recorder.event(TraceKind['run-state'], vm, vcpu, atNs, 0, 0n, RUN_STATES.indexOf(from), RUN_STATES.indexOf(to), pcpu);
  }

  power(event: (typeof POWER_EVENTS)[number], value: number): void {
    this.event(TraceKind.power, -1, POWER_EVENTS.indexOf(event), value);
  }

  typed(stream: ConsoleStream, byte: number): void {
    this.event(TraceKind['console-input'], -1, CONSOLE_STREAMS.indexOf(stream), byte);
  }
}
