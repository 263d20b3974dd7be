// A place in a host's run that every execution of it comes to: just before an engine is called, or while all is idle, with all decisions made.
// Every part only grows along a run, so that two moments of one run are equal, or one is before the other in all that differs.
import type { VirtualNs } from '../../devices/ports';
import type { Host } from '../host';

export interface Moment {
  /** Instructions retired, by VM and vCPU. */
  readonly retired: readonly (readonly number[])[];
  /** Local clocks of the pCPUs. */
  readonly clocksNs: readonly VirtualNs[];
  readonly reachedNs: VirtualNs;
  /** Sequence number of the next trace event. */
  readonly event: number;
  /** The user's edits so far. */
  readonly edits: number;
}

export function momentOf(host: Host): Moment {
  return {
    retired: host.vms.map((vm) => vm.vcpus.map((vcpu) => vcpu.retired())),
    clocksNs: host.scheduler.pcpus.map((pcpu) => pcpu.clockNs),
    reachedNs: host.loop.reachedNs,
    event: host.recorder.nextSequence,
    edits: host.inputs.editsMade,
  };
}

export const instructionsOf = ({ retired }: Moment): number => retired.flat().reduce((sum, each) => sum + each, 0);
const clockSum = ({ clocksNs }: Moment): number => clocksNs.reduce((sum, each) => sum + each, 0);

/** Negative: `a` is before `b`. 0: the same moment. */
export function compareMoments(a: Moment, b: Moment): number {
  return (
    a.event - b.event ||
    instructionsOf(a) - instructionsOf(b) ||
    a.reachedNs - b.reachedNs ||
    clockSum(a) - clockSum(b) ||
    a.edits - b.edits
  );
}
