// Typed access to one vCPU's state in the VM's memory, for everything that is TypeScript: helpers, debugger, snapshots.
import { S, SEGMENT_STRIDE, SegmentField, type U32_FIELDS } from './layout';

/** Fields that are several u64. */
export type QuadArray = 'mtrr' | 'pmc' | 'perfEvtSel' | 'fixedCtr';
type Scalar = Exclude<
  keyof typeof S,
  QuadArray | 'gpr' | 'segments' | 'dr' | 'pdpte' | 'st' | 'ymm' | 'scratch' | 'end' | 'zero' | 'ccPad'
>;
type U32Field = Extract<Scalar, (typeof U32_FIELDS)[number] | 'cpl'>;

export interface SegmentRegister {
  selector: number;
  /** VMX access-rights layout; bit 16 set: unusable. */
  access: number;
  /** In bytes, granularity applied. */
  limit: number;
  base: bigint;
}

/** `base` is STATE for the running vCPU or its save area; the engine moves it at a switch. */
export class VcpuState {
  private readonly view: DataView;
  private readonly bytes: Uint8Array;

  constructor(
    buffer: ArrayBufferLike,
    public base: number,
  ) {
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  u64(field: Scalar): bigint {
    return this.u64At(S[field]);
  }
  setU64(field: Scalar, value: bigint): void {
    this.setU64At(S[field], value);
  }
  u32(field: Scalar): number {
    return this.u32At(S[field]);
  }
  setU32(field: Scalar | U32Field, value: number): void {
    this.setU32At(S[field], value);
  }
  // By offset: bundles call these in place of the ones above (see build/state-offsets.mjs).
  u64At(offset: number): bigint {
    return this.view.getBigUint64(this.base + offset, true);
  }
  setU64At(offset: number, value: bigint): void {
    this.view.setBigUint64(this.base + offset, value, true);
  }
  u32At(offset: number): number {
    return this.view.getUint32(this.base + offset, true);
  }
  setU32At(offset: number, value: number): void {
    this.view.setUint32(this.base + offset, value, true);
  }

  /** A few bytes at an offset of `S`, copied to a place in `into`, or from one in `from`: by a loop, which is quicker than views of so few bytes. */
  copyOut(offset: number, into: Uint8Array, at: number, length: number): void {
    const here = this.base + offset;
    for (let i = 0; i < length; i++) into[at + i] = this.bytes[here + i]!;
  }
  copyIn(offset: number, from: Uint8Array, at: number, length: number): void {
    const here = this.base + offset;
    for (let i = 0; i < length; i++) this.bytes[here + i] = from[at + i]!;
  }

  gpr(index: number): bigint {
    return this.view.getBigUint64(this.base + S.gpr + index * 8, true);
  }
  setGpr(index: number, value: bigint): void {
    this.view.setBigUint64(this.base + S.gpr + index * 8, value, true);
  }
  gpr32(index: number): number {
    return this.view.getUint32(this.base + S.gpr + index * 8, true);
  }
  /** Writes 32 bits and clears the upper half, as 32-bit operations do. */
  setGpr32(index: number, value: number): void {
    this.view.setUint32(this.base + S.gpr + index * 8, value, true);
    this.view.setUint32(this.base + S.gpr + index * 8 + 4, 0, true);
  }

  dr(index: number): bigint {
    return this.view.getBigUint64(this.base + S.dr + index * 8, true);
  }
  setDr(index: number, value: bigint): void {
    this.view.setBigUint64(this.base + S.dr + index * 8, BigInt.asUintN(64, value), true);
  }
  pdpte(index: number): bigint {
    return this.view.getBigUint64(this.base + S.pdpte + index * 8, true);
  }
  setPdpte(index: number, value: bigint): void {
    this.view.setBigUint64(this.base + S.pdpte + index * 8, value, true);
  }

  quad(field: QuadArray, index: number): bigint {
    return this.view.getBigUint64(this.base + S[field] + index * 8, true);
  }
  setQuad(field: QuadArray, index: number, value: bigint): void {
    this.view.setBigUint64(this.base + S[field] + index * 8, BigInt.asUintN(64, value), true);
  }

  segment(index: number): SegmentRegister {
    const at = this.base + S.segments + index * SEGMENT_STRIDE;
    return {
      selector: this.view.getUint32(at + SegmentField.selector, true),
      access: this.view.getUint32(at + SegmentField.access, true),
      limit: this.view.getUint32(at + SegmentField.limit, true),
      base: this.view.getBigUint64(at + SegmentField.base, true),
    };
  }
  setSegment(index: number, value: SegmentRegister): void {
    const at = this.base + S.segments + index * SEGMENT_STRIDE;
    this.view.setUint32(at + SegmentField.selector, value.selector, true);
    this.view.setUint32(at + SegmentField.access, value.access, true);
    this.view.setUint32(at + SegmentField.limit, value.limit, true);
    this.view.setBigUint64(at + SegmentField.base, BigInt.asUintN(64, value.base), true);
  }
  segmentBase(index: number): bigint {
    return this.view.getBigUint64(this.base + S.segments + index * SEGMENT_STRIDE + SegmentField.base, true);
  }

  /** x87 register in physical order: 80 bits. */
  st(index: number): bigint {
    const at = this.base + S.st + index * 16;
    return (BigInt(this.view.getUint16(at + 8, true)) << 64n) | this.view.getBigUint64(at, true);
  }
  setSt(index: number, value: bigint): void {
    const at = this.base + S.st + index * 16;
    this.view.setBigUint64(at, BigInt.asUintN(64, value), true);
    this.view.setBigUint64(at + 8, (value >> 64n) & 0xffffn, true);
  }

  /** Half 0 is XMM's low quadword, 3 the top of YMM. */
  ymmQuad(index: number, quad: number): bigint {
    return this.view.getBigUint64(this.base + S.ymm + index * 32 + quad * 8, true);
  }
  setYmmQuad(index: number, quad: number, value: bigint): void {
    this.view.setBigUint64(this.base + S.ymm + index * 32 + quad * 8, BigInt.asUintN(64, value), true);
  }
}
