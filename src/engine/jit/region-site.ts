// Where a region's emission stands: a record, its block, and its instruction's form; what the records say is constant here.
import type { Local } from '../../wasm/code';
import type { Block } from '../block-table';
import type { Form } from '../forms';
import { R } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { RegionFunction } from './region-function';

export class RegionSite {
  record = 0;
  block!: Block;
  form!: Form;
  /** The block is left before this record, if not at its own end. */
  end = 0;
  /** Bytes from the region's entry block to this one. */
  delta = 0;

  constructor(
    readonly region: RegionFunction,
    private readonly memory: EngineMemory,
  ) {}

  u8(field: number): number {
    return this.memory.u8[this.record + field]!;
  }
  u16(field: number): number {
    return this.memory.u16[(this.record + field) >> 1]!;
  }
  i32(field: number): number {
    return this.memory.i32[(this.record + field) >> 2]!;
  }
  i64(field: number): bigint {
    return this.memory.view.getBigInt64(this.record + field, true);
  }
  /** Instructions of the block after this one, which a branch that is taken gives back. */
  get givenBack(): number {
    return this.block.count - this.u8(R.k) - 1;
  }

  /** Offset of the instruction's end from the region's entry. */
  private get at(): number {
    return this.delta + this.u16(R.ipNext);
  }
  /** Leaves at this record, with something pending or a branch taken. */
  leave(code: number, why: string): void {
    this.region.leave(this.record, code, this.at, why);
  }
  /** Leaves where the i32 on the stack is 0. */
  leaveUnless(code: number, why: string): void {
    this.region.leaveUnless(this.record, code, this.at, why);
  }
  /** The interpreter goes on: its record is on the stack. */
  dispatch(rip: Local, why: string): void {
    this.region.dispatch(rip, this.at, why);
  }
}
