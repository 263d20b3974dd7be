// What the breakpoint fields of DR0 to DR3 and DR7 ask for (SDM vol 3 ch. 19.2.4, 19.2.5, table 19-1).
import { S } from '../layout';
import type { VcpuState } from '../vcpu-state';
import { Cr4 } from './bits';

export const BreakOn = { execution: 0, write: 1, port: 2, access: 3 } as const;

export interface Breakpoint {
  /** Its bit in DR6. */
  dr6: number;
  on: number;
  /** Lowest address, aligned to the length. */
  address: bigint;
  length: 1 | 2 | 4 | 8;
}

const ENABLES = 0xff;
const LENGTHS = [1, 2, 8, 4] as const;

/** The enabled ones. I/O breakpoints need CR4.DE; without it their encoding means nothing. An execution breakpoint of another length than 1 never fits. */
export function breakpointsOf(state: VcpuState): Breakpoint[] {
  const dr7 = Number(state.dr(7) & 0xffff_ffffn);
  if (!(dr7 & ENABLES)) return [];
  const found: Breakpoint[] = [];
  for (let n = 0; n < 4; n++) {
    if (!((dr7 >>> (n * 2)) & 3)) continue;
    const on = (dr7 >>> (16 + n * 4)) & 3;
    const length = LENGTHS[(dr7 >>> (18 + n * 4)) & 3]!;
    if (on === BreakOn.execution && length !== 1) continue;
    if (on === BreakOn.port && !(state.u64('cr4') & Cr4.DE)) continue;
    found.push({ dr6: 1 << n, on, address: BigInt.asUintN(64, state.dr(n)) & ~BigInt(length - 1), length });
  }
  return found;
}

const overlaps = (breakpoint: Breakpoint, address: bigint, length: number): boolean =>
  address < breakpoint.address + BigInt(breakpoint.length) && breakpoint.address < address + BigInt(length);

/** IN, OUT, INS and OUTS tell which ports they have accessed: an I/O breakpoint is a trap after the instruction. */
export function portAccessed(state: VcpuState, port: number, size: number): void {
  if (!(state.u32At(S.dr + 7 * 8) & ENABLES)) return;
  let bits = 0;
  for (const breakpoint of breakpointsOf(state))
    if (breakpoint.on === BreakOn.port && overlaps(breakpoint, BigInt(port), size)) bits |= breakpoint.dr6;
  if (bits) state.setU64('pendingDebug', state.u64('pendingDebug') | BigInt(bits));
}

/** DR6 bits of the data breakpoints that an access hits. */
export function dataHits(breakpoints: readonly Breakpoint[], linear: bigint, length: number, write: boolean): number {
  let bits = 0;
  for (const breakpoint of breakpoints) {
    const data = breakpoint.on === BreakOn.access || (write && breakpoint.on === BreakOn.write);
    if (data && overlaps(breakpoint, linear, length)) bits |= breakpoint.dr6;
  }
  return bits;
}
