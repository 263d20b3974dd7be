// Linear address of a memory operand with segment base, limit and type checks: for helpers and for modes where segments matter (SDM vol 3 ch. 6.3 to 6.5).
import { CpuFault, Vector } from '../fault';
import { ModeBit, Seg } from '../layout';
import { Access } from '../system/bits';
import { isCanonical } from '../system/mode';
import type { VcpuState } from '../vcpu-state';

export interface AddressSpec {
  /** General register, or -1. */
  base: number;
  index: number;
  scale: number;
  displacement: bigint;
  ripRelative: boolean;
  addressSize: 2 | 4 | 8;
  segment: number;
  /** Bytes and kind of the access, for the segment check. */
  bytes: number;
  write: boolean;
  /** The offset is wanted (LEA). */
  noSegment: boolean;
  /** Bit strings: general register whose signed bit offset counts in whole operands of `bytes` bytes. */
  bitOffset?: number;
  /** The part of the operand that starts so many bytes on: in 64-bit code the address size has no hold on it. */
  part?: number;
  /** Nothing is accessed: no limit, type or canonical check (INVLPG). */
  unchecked?: boolean;
}

const MASK = { 2: 0xffffn, 4: 0xffff_ffffn, 8: 0xffff_ffff_ffff_ffffn } as const;

/** Below it nothing exceeds the limit of a flat segment. */
const LAST_PAGE = 0xffff_f000n;

export function effectiveAddress(state: VcpuState, spec: AddressSpec, nextRip: bigint): bigint {
  let offset = spec.displacement;
  if (spec.ripRelative) offset += nextRip;
  if (spec.base >= 0) offset += state.gpr(spec.base);
  if (spec.index >= 0) offset += state.gpr(spec.index) << BigInt(spec.scale);
  const mode = state.u32('mode');
  const part = BigInt(spec.part ?? 0);
  if (!(mode & ModeBit.code64)) offset += part;
  if (spec.bitOffset !== undefined) offset += bitStringOffset(state.gpr(spec.bitOffset), spec.bytes);
  offset &= MASK[spec.addressSize];
  if (spec.noSegment) return offset;
  if (mode & ModeBit.code64) {
    const linear = BigInt.asUintN(64, offset + part + (spec.segment >= Seg.fs ? state.segmentBase(spec.segment) : 0n));
    if (spec.unchecked === true) return linear;
    const last = linear + BigInt(Math.max(spec.bytes, 1) - 1);
    if (!isCanonical(linear, state) || !isCanonical(last, state)) throw new CpuFault(spec.segment === Seg.ss ? Vector.SS : Vector.GP, 0);
    return linear;
  }
  const segment = state.segment(spec.segment);
  const checked = !(mode & ModeBit.flat) || spec.segment >= Seg.fs || offset > LAST_PAGE || (spec.segment === Seg.cs && spec.write);
  if (spec.unchecked !== true && checked) checkSegment(mode, segment, spec, offset);
  return BigInt.asUintN(32, offset + segment.base);
}

/** Bytes from the start of a bit string to the operand that holds the bit (SDM vol 2, table 3-2). */
function bitStringOffset(register: bigint, bytes: number): bigint {
  const bits = bytes * 8;
  return (BigInt.asIntN(bits, register) >> BigInt(Math.log2(bits))) * BigInt(bytes);
}

function checkSegment(mode: number, segment: { access: number; limit: number }, spec: AddressSpec, offset: bigint): void {
  const fail = (): never => {
    throw new CpuFault(spec.segment === Seg.ss ? Vector.SS : Vector.GP, 0);
  };
  const { access } = segment;
  const isProtected = (mode & (ModeBit.protectedMode | ModeBit.virtual8086)) === ModeBit.protectedMode;
  if (isProtected) {
    if (access & Access.unusable) throw new CpuFault(Vector.GP, 0);
    const code = (access & Access.code) !== 0;
    if (spec.write && (code || !(access & Access.writable))) throw new CpuFault(Vector.GP, 0);
    if (!spec.write && code && !(access & Access.readable)) throw new CpuFault(Vector.GP, 0);
  }
  const last = offset + BigInt(Math.max(spec.bytes, 1) - 1);
  const limit = BigInt(segment.limit >>> 0);
  const expandDown = isProtected && (access & (Access.code | Access.expandDown)) === Access.expandDown;
  if (expandDown) {
    const top = access & Access.DB ? 0xffff_ffffn : 0xffffn;
    if (offset <= limit || last > top) fail();
  } else if (last > limit) fail();
}
