// Whether the x87, MMX or SSE unit may be used now, by CR0 and CR4 (SDM vol 3 tables 2-2 and 14-1).
import { Vector } from '../../x86/fault';
import { ModeBit } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';

const CR0_EM = 1n << 2n;
const CR4_OSFXSR = 1n << 9n;

/** The vector that the unit's instructions raise, if any. */
export function unitFault(state: VcpuState, unit: 'x87' | 'mmx' | 'sse'): number | undefined {
  if (state.u32('mode') & (unit === 'sse' ? ModeBit.sse : ModeBit.x87)) return undefined;
  // EM is emulation of x87 only: MMX does not exist then (SDM vol 1 ch. 9.6.1, vol 3 table 13-1).
  if (unit === 'mmx' && state.u64('cr0') & CR0_EM) return Vector.UD;
  if (unit === 'sse' && (state.u64('cr0') & CR0_EM || !(state.u64('cr4') & CR4_OSFXSR))) return Vector.UD;
  return Vector.NM;
}
