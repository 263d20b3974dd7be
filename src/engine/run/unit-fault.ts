// Whether the x87, MMX, SSE or AVX unit may be used now, by CR0, CR4 and XCR0 (SDM vol 3 tables 2-2 and 14-1, ch. 14.5; vol 2 table 2-14).
import { Vector } from '../../x86/fault';
import type { Unit } from '../../x86/insn/row';
import { ModeBit } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';

const CR0_EM = 1n << 2n;
const CR4_OSFXSR = 1n << 9n;
const CR4_OSXSAVE = 1n << 18n;
/** SSE and AVX state. */
const XCR0_AVX = 6n;
const UNIT_BIT: Readonly<Record<Unit, number>> = { x87: ModeBit.x87, mmx: ModeBit.x87, sse: ModeBit.sse, avx: ModeBit.avx };

/** The vector that the unit's instructions raise, if any. */
export function unitFault(state: VcpuState, unit: Unit): number | undefined {
  if (state.u32('mode') & UNIT_BIT[unit]) return undefined;
  // EM is emulation of x87 only: MMX does not exist then (SDM vol 1 ch. 9.6.1, vol 3 table 13-1).
  if (unit === 'mmx' && state.u64('cr0') & CR0_EM) return Vector.UD;
  if (unit === 'sse' && (state.u64('cr0') & CR0_EM || !(state.u64('cr4') & CR4_OSFXSR))) return Vector.UD;
  if (unit === 'avx' && (!(state.u64('cr4') & CR4_OSXSAVE) || (state.u64('xcr0') & XCR0_AVX) !== XCR0_AVX)) return Vector.UD;
  return Vector.NM;
}
