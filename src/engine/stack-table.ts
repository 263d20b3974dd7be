// Stacks that the reader of samples knows: a sample of one is its number alone (sample-emitter.ts), and neither registers nor stack are copied or looked at again.
import { STACK_PLACE_SHIFT, STACK_PLACES, STACK_TABLE, STACK_TABLE_END, StackEntry } from './record';
import type { EngineMemory } from './vm-memory';

/** In 64-bit mode. */
export interface KnownStack {
  rip: bigint;
  rsp: bigint;
  rbp: bigint;
  cr3: bigint;
  /** Selector. */
  cs: number;
  cpl: number;
  /** Bytes of stack that a sample has of it. */
  length: number;
  /** Those that count, from RSP on: whole words. */
  bytes: Uint8Array;
  /** What samples of it are called: 0 to 2^30. */
  number: number;
}

const WORD = 8;
const FIRST = STACK_TABLE + STACK_PLACES * 4;

export class StackTable {
  /** Where the next entry goes. */
  private at = FIRST;

  constructor(private readonly memory: EngineMemory) {}

  /** The last one of a place is found. Where there is no room, all are forgotten. */
  add({ rip, rsp, rbp, cr3, cs, cpl, length, bytes, number }: KnownStack): void {
    const size = StackEntry.bytes + bytes.length;
    if (bytes.length % WORD !== 0 || FIRST + size > STACK_TABLE_END) return;
    if (this.at + size > STACK_TABLE_END) this.clear();
    const { i32, u8, view } = this.memory;
    const { at } = this;
    this.at += size;
    for (const [field, value] of [
      [StackEntry.rip, rip],
      [StackEntry.rsp, rsp],
      [StackEntry.rbp, rbp],
      [StackEntry.cr3, cr3],
    ] as const)
      view.setBigUint64(at + field, value, true);
    for (const [field, value] of [
      [StackEntry.cs, cs],
      [StackEntry.cpl, cpl],
      [StackEntry.length, length],
      [StackEntry.number, number],
      [StackEntry.reach, bytes.length],
    ] as const)
      i32[(at + field) >> 2] = value;
    u8.set(bytes, at + StackEntry.bytes);
    i32[placeOf(rip) >> 2] = at;
  }

  clear(): void {
    this.at = FIRST;
    this.memory.u8.fill(0, STACK_TABLE, FIRST);
  }
}

function placeOf(rip: bigint): number {
  const low = Number(BigInt.asUintN(32, rip));
  return STACK_TABLE + ((low ^ (low >>> STACK_PLACE_SHIFT)) & (STACK_PLACES - 1)) * 4;
}
