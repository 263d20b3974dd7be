// Whether a vCPU that waits in HLT or MWAIT has a reason to go on: an NMI or an interrupt that is not masked (SDM vol 2, HLT).
import { Activity } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';

export function isWakeable(state: VcpuState): boolean {
  const activity = state.u32('activity');
  if (activity !== Activity.halted && activity !== Activity.mwait) return false;
  if (state.u32('nmiPending') && !state.u32('nmiBlocked')) return true;
  return state.u32('intrPending') !== 0 && (state.u64('rflags') & 0x200n) !== 0n;
}
