// The body of one WebAssembly function, written instruction by instruction. Knows no x86.
import { assert } from '../base/assert';
import { ByteList } from './byte-list';
import { pushSleb32, pushSleb64, pushUleb } from './leb';
import {
  MEMORY,
  type MemoryOp,
  PLAIN,
  type PlainOp,
  SIMD,
  SIMD_LANE,
  SIMD_MEMORY,
  type SimdLaneOp,
  type SimdMemoryOp,
  type SimdOp,
  ValType,
  type ValTypeName,
  VOID_BLOCK,
} from './opcodes';

/** A branch target: the nesting depth of its block. */
export type Label = number;
/** Index of a local or parameter. */
export type Local = number;

export class Code {
  readonly bytes = new ByteList();
  readonly localTypes: ValTypeName[] = [];
  private depth = 0;
  private head: Code | undefined;
  /** Offsets of branches that are hardly ever taken. */
  private readonly unlikelyAt: number[] = [];
  /** The last two reads of locals: where they are, and the first one's end. */
  private readonly reads = { at: -1, local: 0, lastAt: -1, lastLocal: 0, lastEnd: -1 };
  /** By local: how often it was set. */
  private readonly sets: number[] = [];

  constructor(private readonly parameterCount: number) {}

  /** Blocks open now. */
  get nesting(): number {
    return this.depth;
  }

  local(type: ValTypeName): Local {
    this.localTypes.push(type);
    return this.parameterCount + this.localTypes.length - 1;
  }

  op(...names: PlainOp[]): this {
    for (const name of names) this.bytes.push(PLAIN[name]);
    return this;
  }

  i32(value: number): this {
    this.bytes.push(0x41);
    pushSleb32(this.bytes, value);
    return this;
  }
  i64(value: number | bigint): this {
    this.bytes.push(0x42);
    if (value === (Number(value) | 0)) pushSleb32(this.bytes, value);
    else pushSleb64(this.bytes, BigInt(value));
    return this;
  }
  f32(value: number): this {
    this.bytes.push(0x43);
    this.bytes.append(new Uint8Array(new Float32Array([value]).buffer));
    return this;
  }
  f64(value: number): this {
    this.bytes.push(0x44);
    this.bytes.append(new Uint8Array(new Float64Array([value]).buffer));
    return this;
  }

  get(local: Local): this {
    const { reads } = this;
    reads.at = reads.lastEnd === this.bytes.length ? reads.lastAt : -1;
    reads.local = reads.lastLocal;
    reads.lastAt = this.bytes.length;
    reads.lastLocal = local;
    this.bytes.push(0x20);
    pushUleb(this.bytes, local);
    reads.lastEnd = this.bytes.length;
    return this;
  }
  /** The operation of one byte written last, if two locals were read for it right before. */
  lastBinary(): { opcode: number; a: Local; b: Local } | undefined {
    const { reads } = this;
    const opcode = this.bytes.last;
    if (opcode === undefined || reads.at < 0 || reads.lastEnd !== this.bytes.length - 1) return undefined;
    return { opcode, a: reads.local, b: reads.lastLocal };
  }
  setsOf(local: Local): number {
    return this.sets[local] ?? 0;
  }
  set(local: Local): this {
    this.sets[local] = this.setsOf(local) + 1;
    this.bytes.push(0x21);
    pushUleb(this.bytes, local);
    return this;
  }
  tee(local: Local): this {
    this.sets[local] = this.setsOf(local) + 1;
    this.bytes.push(0x22);
    pushUleb(this.bytes, local);
    return this;
  }
  getGlobal(index: number): this {
    this.bytes.push(0x23);
    pushUleb(this.bytes, index);
    return this;
  }
  setGlobal(index: number): this {
    this.bytes.push(0x24);
    pushUleb(this.bytes, index);
    return this;
  }

  /** A load or store; the address (and value) are on the stack. Alignment is only a hint and always given as 1. */
  mem(name: MemoryOp, offset = 0): this {
    this.bytes.push(MEMORY[name]);
    this.bytes.push(0);
    pushUleb(this.bytes, offset);
    return this;
  }
  simd(name: SimdOp): this {
    this.bytes.push(0xfd);
    pushUleb(this.bytes, SIMD[name]);
    return this;
  }
  /** A vector load or store; the address (and value) are on the stack. */
  simdMem(name: SimdMemoryOp, offset = 0): this {
    this.bytes.push(0xfd);
    pushUleb(this.bytes, SIMD_MEMORY[name]);
    this.bytes.push(0);
    pushUleb(this.bytes, offset);
    return this;
  }
  /** Takes or replaces a lane, or loads or stores one at an offset. */
  simdLane(name: SimdLaneOp, lane: number, offset = 0): this {
    this.bytes.push(0xfd);
    pushUleb(this.bytes, SIMD_LANE[name]);
    if (name.startsWith('v128.')) {
      this.bytes.push(0);
      pushUleb(this.bytes, offset);
    }
    this.bytes.push(lane);
    return this;
  }
  v128(bytes: readonly number[]): this {
    assert(bytes.length === 16, 'v128.const takes 16 bytes');
    this.bytes.append([0xfd, 12, ...bytes]);
    return this;
  }
  shuffle(lanes: readonly number[]): this {
    assert(lanes.length === 16, 'i8x16.shuffle takes 16 lanes');
    this.bytes.append([0xfd, 13, ...lanes]);
    return this;
  }
  /** Saturating float to integer conversion: f64 to i32 (2) or i64 (6), signed. */
  truncSat(kind: 'i32.trunc_sat_f64_s' | 'i64.trunc_sat_f64_s'): this {
    this.bytes.append([0xfc, kind === 'i32.trunc_sat_f64_s' ? 2 : 6]);
    return this;
  }
  memoryCopy(): this {
    this.bytes.append([0xfc, 10, 0, 0]);
    return this;
  }
  memoryFill(): this {
    this.bytes.append([0xfc, 11, 0]);
    return this;
  }

  private open(opcode: number, type: ValTypeName | undefined): Label {
    this.bytes.push(opcode);
    this.bytes.push(type === undefined ? VOID_BLOCK : ValType[type]);
    return ++this.depth;
  }
  block(type?: ValTypeName): Label {
    return this.open(0x02, type);
  }
  loop(type?: ValTypeName): Label {
    return this.open(0x03, type);
  }
  if(type?: ValTypeName): Label {
    return this.open(0x04, type);
  }
  else(): this {
    this.bytes.push(0x05);
    return this;
  }
  end(): this {
    assert(this.depth > 0, 'end without block');
    this.bytes.push(0x0b);
    this.depth--;
    return this;
  }
  br(label: Label): this {
    this.bytes.push(0x0c);
    pushUleb(this.bytes, this.depth - label);
    return this;
  }
  brIf(label: Label): this {
    this.bytes.push(0x0d);
    pushUleb(this.bytes, this.depth - label);
    return this;
  }
  brTable(labels: readonly Label[], otherwise: Label): this {
    this.bytes.push(0x0e);
    pushUleb(this.bytes, labels.length);
    for (const label of labels) pushUleb(this.bytes, this.depth - label);
    pushUleb(this.bytes, this.depth - otherwise);
    return this;
  }

  call(func: number): this {
    this.bytes.push(0x10);
    pushUleb(this.bytes, func);
    return this;
  }
  callIndirect(type: number, table = 0): this {
    this.bytes.push(0x11);
    pushUleb(this.bytes, type);
    pushUleb(this.bytes, table);
    return this;
  }

  /** What another body has written goes before this one's first instruction: it uses this one's locals, and leaves no block open. */
  before(other: Code): void {
    assert(other.depth === 0, 'unclosed block');
    this.head = other;
  }

  /** The `if` or `br_if` that comes next is hardly ever taken. */
  unlikely(): this {
    this.unlikelyAt.push(this.bytes.length);
    return this;
  }

  /** Locals vector, instructions and the final end, as the code section holds them; and in it the offsets of unlikely branches. */
  finish(): { body: ByteList; unlikely: readonly number[] } {
    assert(this.depth === 0, 'unclosed block');
    const runs: [number, ValTypeName][] = [];
    for (const type of this.localTypes) {
      const last = runs[runs.length - 1];
      if (last && last[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    const out = new ByteList();
    pushUleb(out, runs.length);
    for (const [count, type] of runs) {
      pushUleb(out, count);
      out.push(ValType[type]);
    }
    const unlikely: number[] = [];
    for (const part of this.head ? [this.head, this] : [this]) {
      for (const at of part.unlikelyAt) unlikely.push(out.length + at);
      out.append(part.bytes);
    }
    out.push(0x0b);
    return { body: out, unlikely };
  }
}
