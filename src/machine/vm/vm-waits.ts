// A vCPU that waits: HLT, MWAIT, or a frozen FPU instruction; the exit that it makes, and whether it sleeps.
import type { VirtualNs } from '../../devices/ports';
import type { CpuEngine } from '../../engine/cpu-engine';
import type { PvInterface } from '../../pv/interface';
import type { TraceRecorder } from '../../trace/recorder';
import { BLOCK_REASONS, ExitReason, TraceKind } from '../../trace/rows';
import { Activity } from '../../x86/layout';
import type { EventWatch } from '../event-watch';
import type { Exits } from '../exits';
import type { HostInstant } from '../time/virtual-time';
import type { Vcpu } from './vcpu';

export interface VmWaitsParts {
  readonly vm: number;
  readonly recorder: TraceRecorder;
  readonly instant: HostInstant;
  readonly watch: EventWatch;
  readonly exits: Exits;
  engine(): CpuEngine;
  pv(): PvInterface | undefined;
}

const waitOf = ({ activity }: Vcpu): 'hlt' | 'mwait' | 'ferr' =>
  activity === Activity.mwait ? 'mwait' : activity === Activity.frozen ? 'ferr' : 'hlt';

export class VmWaits {
  constructor(private readonly parts: VmWaitsParts) {}

  /** HLT or MWAIT has retired: its exit, on the vCPU's own clock. Gives the cost. */
  exit(vcpu: Vcpu): number {
    const { exits, recorder, vm, watch } = this.parts;
    const pv = this.parts.pv();
    const reason = waitOf(vcpu);
    if (reason === 'ferr' || pv?.sleepsByCall?.(vcpu.index) || !exits.happens(reason)) return 0;
    pv?.exited(vcpu.index);
    const costNs = exits.note(reason);
    vcpu.entity.account.hypervisorNs += costNs;
    recorder.event(TraceKind['vm-exit'], vm, vcpu.index, vcpu.localNs(), costNs, vcpu.rip(), ExitReason[reason]);
    watch.exited(vcpu, reason, 0, 0, 0, 0);
    return costNs;
  }

  /** The exit has been paid; the vCPU sleeps unless something already wakes it. */
  sleep(vcpu: Vcpu, atNs: VirtualNs): boolean {
    const { instant, recorder, vm } = this.parts;
    const pv = this.parts.pv();
    if (vcpu.state.u32('activity') === Activity.running || this.parts.engine().wakeable(vcpu.index)) return false;
    const why = BLOCK_REASONS.indexOf(pv?.sleepsByCall?.(vcpu.index) ? 'poll' : waitOf(vcpu));
    let sleeps = true;
    instant.duringEvent(atNs, () => {
      if (pv?.haltReturns(vcpu.index)) {
        vcpu.leaveHalt();
        sleeps = false;
      }
    });
    if (sleeps) recorder.event(TraceKind['sched-block'], vm, vcpu.index, atNs, 0, vcpu.rip(), why);
    return sleeps;
  }
}
