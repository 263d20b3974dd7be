// A frame that is pushed as one: every piece is checked and probed before the first is written (the commit rule; SDM vol 3 ch. 7.12.1, 7.14.2).
import type { Cpu, Privilege } from '../cpu';
import { faults } from '../fault';
import { Seg } from '../layout';
import type { SegmentRegister } from '../vcpu-state';
import { Access } from './bits';
import { isCanonical, isCode64 } from './mode';

export type PieceSize = 2 | 4 | 8;

/** True where [offset, offset + length) lies in the segment (SDM vol 3 ch. 5.3). Legacy modes only. */
export function withinLimit(segment: SegmentRegister, offset: bigint, length: number): boolean {
  if (segment.access & Access.unusable) return false;
  const last = offset + BigInt(length - 1);
  const limit = BigInt(segment.limit >>> 0);
  const expandDown = (segment.access & (Access.codeOrData | Access.code | Access.expandDown)) === (Access.codeOrData | Access.expandDown);
  if (!expandDown) return last <= limit;
  const top = segment.access & Access.DB ? 0xffff_ffffn : 0xffffn;
  return offset > limit && last <= top;
}

/** How the stack pointer of a stack segment counts: RSP, ESP or SP. */
export type StackWidth = 2 | 4 | 8;
const WIDTH_MASK = { 2: 0xffffn, 4: 0xffff_ffffn, 8: 0xffff_ffff_ffff_ffffn } as const;

export const stackWidth = (ss: SegmentRegister, code64: boolean): StackWidth => (code64 ? 8 : ss.access & Access.DB ? 4 : 2);

/** RSP with its low `width` bytes replaced: SP keeps the rest, ESP is zero-extended. */
export function withStackPointer(rsp: bigint, value: bigint, width: StackWidth): bigint {
  if (width === 2) return (rsp & ~0xffffn) | (value & 0xffffn);
  return value & WIDTH_MASK[width];
}

export interface StackSpec {
  ss: SegmentRegister;
  /** Stack pointer before the first push; only its low `width` bytes count. */
  pointer: bigint;
  width: StackWidth;
  privilege: Privilege;
  /** Of the #SS raised where the frame does not fit. */
  errorCode: number;
}

export class StackFrame {
  private readonly pieces: { linear: bigint; size: PieceSize; value: bigint }[] = [];
  private offset: bigint;

  constructor(
    private readonly cpu: Cpu,
    private readonly stack: StackSpec,
  ) {
    this.offset = stack.pointer & WIDTH_MASK[stack.width];
  }

  /** The stack as the running code uses it. */
  static current(cpu: Cpu, rsp: bigint, errorCode = 0): StackFrame {
    const ss = cpu.state.segment(Seg.ss);
    return new StackFrame(cpu, { ss, pointer: rsp, width: stackWidth(ss, isCode64(cpu.state)), privilege: 'current', errorCode });
  }

  get width(): StackWidth {
    return this.stack.width;
  }

  /** Stack pointer after the pushes so far. */
  get pointer(): bigint {
    return this.offset;
  }

  push(size: PieceSize, value: bigint): this {
    const { ss, width, errorCode } = this.stack;
    this.offset = (this.offset - BigInt(size)) & WIDTH_MASK[width];
    if (width === 8) {
      if (!isCanonical(this.offset, this.cpu.state) || !isCanonical(this.offset + BigInt(size - 1), this.cpu.state))
        throw faults.ss(errorCode);
      this.pieces.push({ linear: this.offset, size, value });
    } else {
      if (!withinLimit(ss, this.offset, size)) throw faults.ss(errorCode);
      this.pieces.push({ linear: (ss.base + this.offset) & 0xffff_ffffn, size, value });
    }
    return this;
  }

  /** Raises what the writes would raise, in the order of the pushes. */
  probe(): void {
    const { pieces } = this;
    const first = pieces[0];
    const last = pieces.at(-1);
    if (!first || !last) return;
    const top = first.linear + BigInt(first.size) - 1n;
    const onePage = last.linear <= first.linear && top >> 12n === last.linear >> 12n;
    if (onePage) this.cpu.memory.probeWrite(first.linear, first.size, this.stack.privilege);
    else for (const { linear, size } of pieces) this.cpu.memory.probeWrite(linear, size, this.stack.privilege);
  }

  write(): void {
    for (const { linear, size, value } of this.pieces)
      this.cpu.memory.write(linear, size, BigInt.asUintN(size * 8, value), this.stack.privilege);
  }
}

/** Reads upward from the current stack without moving the stack pointer. */
export class StackReader {
  private readonly ss: SegmentRegister;
  readonly width: StackWidth;
  private offset: bigint;

  constructor(
    private readonly cpu: Cpu,
    rsp: bigint,
  ) {
    this.ss = cpu.state.segment(Seg.ss);
    this.width = stackWidth(this.ss, isCode64(cpu.state));
    this.offset = rsp & WIDTH_MASK[this.width];
  }

  get pointer(): bigint {
    return this.offset;
  }

  skip(bytes: number): void {
    this.offset = (this.offset + BigInt(bytes)) & WIDTH_MASK[this.width];
  }

  pop(size: PieceSize): bigint {
    const at = this.offset;
    if (this.width === 8) {
      if (!isCanonical(at, this.cpu.state) || !isCanonical(at + BigInt(size - 1), this.cpu.state)) throw faults.ss(0);
    } else if (!withinLimit(this.ss, at, size)) throw faults.ss(0);
    const linear = this.width === 8 ? at : (this.ss.base + at) & 0xffff_ffffn;
    const value = this.cpu.memory.read(linear, size, 'current');
    this.skip(size);
    return value;
  }
}
