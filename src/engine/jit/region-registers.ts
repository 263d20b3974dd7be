// General registers of a region by the slots that records name: whole ones are locals, parts are cut out of them and put into them.
import type { Local } from '../../wasm/code';
import type { OperandBytes } from '../../x86/emit/context';
import { S, STATE } from '../../x86/layout';
import type { RegionFunction } from './region-function';
import type { RegionNarrow } from './region-narrow';

const GPR = STATE + S.gpr;

/** Register number of a slot, or -1. */
export const registerOf = (slot: number): number => (slot >= GPR && slot < GPR + 128 ? (slot - GPR) >> 3 : -1);
/** AH, CH, DH, BH: the slot's second byte. */
const isHigh = (slot: number): boolean => (slot & 7) === 1;

export class RegionRegisters {
  constructor(
    private readonly region: RegionFunction,
    private readonly narrow: RegionNarrow,
  ) {}

  /** Pushes `bytes` of a register, extended to 64 bits. */
  push(slot: number, bytes: number, signed: boolean): void {
    const { f } = this.region;
    f.get(this.region.register(registerOf(slot)));
    if (isHigh(slot)) f.i64(8).op('i64.shr_u');
    if (bytes === 8) return;
    if (signed) f.op(bytes === 4 ? 'i64.extend32_s' : bytes === 2 ? 'i64.extend16_s' : 'i64.extend8_s');
    else f.i64(bytes === 4 ? 0xffff_ffff : bytes === 2 ? 0xffff : 0xff).op('i64.and');
  }
  /** Writes `bytes` of a register: 4 clear the upper half, 1 and 2 leave the rest. */
  write(slot: number, bytes: OperandBytes, value: Local): void {
    const { f } = this.region;
    const local = this.region.registerWritten(registerOf(slot));
    if (bytes === 8) f.get(value).set(local);
    else if (bytes === 4) {
      this.narrow.push(value);
      f.set(local);
    } else {
      const shift = isHigh(slot) ? 8n : 0n;
      const mask = bytes === 1 ? 0xffn : 0xffffn;
      f.get(local)
        .i64(BigInt.asIntN(64, ~(mask << shift)))
        .op('i64.and');
      f.get(value).i64(mask).op('i64.and');
      if (shift) f.i64(shift).op('i64.shl');
      f.op('i64.or').set(local);
    }
  }
}
