// Whether a vCPU that waits in HLT or MWAIT, or is frozen at an x87 instruction, has a reason to go on: an NMI or an interrupt that is not masked; for MWAIT also a store to its line, and a masked
// interrupt where its ECX says so (SDM vol 2, HLT and MWAIT).
import { Activity } from '../../x86/layout';
import { interruptsEndWait } from '../../x86/system/monitor';
import type { VcpuState } from '../../x86/vcpu-state';

export function isWakeable(state: VcpuState): boolean {
  const activity = state.u32('activity');
  if (activity !== Activity.halted && activity !== Activity.mwait && activity !== Activity.frozen) return false;
  if (state.u32('nmiPending') && !state.u32('nmiBlocked')) return true;
  if (state.u32('intrPending') && interruptsEndWait(state)) return true;
  return activity === Activity.mwait && state.u64('monitor') === 0n;
}
