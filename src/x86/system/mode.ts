// S.mode from the registers that it is derived from: what decoding and address computation depend on (SDM vol 3 ch. 2.2, vol 1 ch. 3.1).

import { ModeBit, S, SEGMENT_STRIDE, Seg, SegmentField } from '../layout';
import type { CpuModel } from '../models/cpu-model';
import type { SegmentRegister, VcpuState } from '../vcpu-state';
import { Access, Cr0, Cr4, Efer, Rflags } from './bits';

const FLAT_LIMIT = 0xffff_ffff;
/** SSE and AVX state enabled. */
const XCR0_AVX = 6;

// As numbers: the mode is worked out anew at every change of privilege level.
const [PE, EM, TS, AM, PG] = [Cr0.PE, Cr0.EM, Cr0.TS, Cr0.AM, Cr0.PG].map(Number) as [number, number, number, number, number];
const [TF, VM, AC] = [Rflags.TF, Rflags.VM, Rflags.AC].map(Number) as [number, number, number];
const LMA = Number(Efer.LMA);
const SMAP = Number(Cr4.SMAP);
const OSXSAVE = Number(Cr4.OSXSAVE);
const OSFXSR = Number(Cr4.OSFXSR);

/** Base 0, limit 4 GiB, expand-up, usable: an access needs neither addition nor check. */
function isFlat(segment: SegmentRegister, code: boolean): boolean {
  const { access } = segment;
  if (segment.base !== 0n || segment.limit !== FLAT_LIMIT) return false;
  if ((access & (Access.unusable | Access.present | Access.codeOrData)) !== (Access.present | Access.codeOrData)) return false;
  if (code) return (access & (Access.code | Access.readable)) === (Access.code | Access.readable);
  return (access & (Access.code | Access.expandDown | Access.writable)) === Access.writable;
}

/** Recomputes S.mode. In 64-bit mode the bits that do not matter there have one value, so that a block has one key. */
export function updateMode(state: VcpuState): void {
  const cr0 = state.u32('cr0');
  const rflags = state.u32('rflags');
  const cpl = state.u32('cpl');
  const csAccess = state.u32At(S.segments + Seg.cs * SEGMENT_STRIDE + SegmentField.access);
  const longMode = (state.u32('efer') & LMA) !== 0;
  const code64 = longMode && (csAccess & Access.L) !== 0;
  let mode = 0;
  if (code64) mode |= ModeBit.code64 | ModeBit.flat;
  else {
    const cs = state.segment(Seg.cs);
    if (cs.access & Access.DB) mode |= ModeBit.code32;
    if (state.segment(Seg.ss).access & Access.DB) mode |= ModeBit.stack32;
    const flat = isFlat(cs, true) && [Seg.ds, Seg.es, Seg.ss].every((segment) => isFlat(state.segment(segment), false));
    if (flat) mode |= ModeBit.flat;
  }
  if (cr0 & PE) mode |= ModeBit.protectedMode;
  if (cr0 & PE && rflags & VM) mode |= ModeBit.virtual8086;
  if (longMode) mode |= ModeBit.longMode;
  if (cpl === 3) mode |= ModeBit.user;
  if (cr0 & PG) {
    mode |= ModeBit.paging;
    if (state.u32('cr4') & SMAP && !(rflags & AC) && cpl < 3) mode |= ModeBit.smap;
  }
  if (cpl === 3 && cr0 & AM && rflags & AC) mode |= ModeBit.alignmentCheck;
  if (rflags & TF) mode |= ModeBit.trap;
  if (!(cr0 & (EM | TS))) {
    mode |= ModeBit.x87;
    if (state.u32('cr4') & OSFXSR) mode |= ModeBit.sse;
  }
  if (!(cr0 & TS) && state.u32('cr4') & OSXSAVE && (state.u32('xcr0') & XCR0_AVX) === XCR0_AVX) mode |= ModeBit.avx;
  state.setU32('mode', mode);
}

/** CR0.PE set and not virtual-8086: selectors name descriptors. */
export const isProtected = (state: VcpuState): boolean =>
  (state.u32('mode') & (ModeBit.protectedMode | ModeBit.virtual8086)) === ModeBit.protectedMode;
export const isVirtual8086 = (state: VcpuState): boolean => (state.u32('mode') & ModeBit.virtual8086) !== 0;
export const isReal = (state: VcpuState): boolean => (state.u32('mode') & ModeBit.protectedMode) === 0;
export const isLongMode = (state: VcpuState): boolean => (state.u32('mode') & ModeBit.longMode) !== 0;
export const isCode64 = (state: VcpuState): boolean => (state.u32('mode') & ModeBit.code64) !== 0;

const fits = (address: bigint, bits: number): boolean => BigInt.asIntN(bits, address) === BigInt.asIntN(64, address);
/** Bits 63:47 all equal, or 63:56 with 5-level paging (SDM vol 1 ch. 3.3.7.1). */
export const isCanonical = (address: bigint, state: VcpuState): boolean => fits(address, state.u64('cr4') & Cr4.LA57 ? 57 : 48);
/** What goes into MSRs, segment bases, descriptor-table registers and INVPCID's descriptor is checked by the processor's width, whatever CR4.LA57 is
 * (SDM vol 3 ch. 4.5.2). */
export const isCanonicalBase = (address: bigint, model: CpuModel): boolean => fits(address, model.has('la57') ? 57 : 48);

export const ioplOf = (state: VcpuState): number => (state.u32('rflags') >>> 12) & 3;
