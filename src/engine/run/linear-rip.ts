// Linear address of the instruction at RIP.
import { ModeBit, Seg } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';

export function linearRip(state: VcpuState): bigint {
  const rip = state.u64('rip');
  return state.u32('mode') & ModeBit.code64 ? rip : BigInt.asUintN(32, rip + state.segmentBase(Seg.cs));
}
