// Operands of instructions that load or examine selectors: those that every Linux process has, and some that fault the same everywhere.

import { Gpr } from '../../src/x86/layout';
import { type Draft, little } from './operands';
import { putMemory } from './special';

/** Null ones; user code of 32 bits, data, user code of 64 bits; the kernel's, which are denied; none. */
const SELECTORS = [0, 1, 2, 3, 0x23, 0x2b, 0x2b, 0x2b, 0x33, 0x2a, 0x10, 0x18, 0xfff8] as const;

const selector = (d: Draft): bigint =>
  BigInt(d.random.pick(SELECTORS)) | (d.random.chance(50) ? BigInt(d.random.below(0x1_0000)) << 16n : 0n);

/** A word in the operand that ModRM names. */
function inOperand(d: Draft): void {
  if (d.target >= 0) putMemory(d, d.target, little(selector(d), 2));
  else if (!d.addressRegisters.has(d.rm)) d.v.gpr[d.rm] = BigInt.asUintN(d.v.mode32 ? 32 : 64, selector(d));
}
function atStack(d: Draft): void {
  const at = Number(BigInt.asUintN(48, d.v.gpr[Gpr.rsp] ?? 0n));
  putMemory(d, at, little(selector(d), 8));
}
/** An offset of the operand's size, and the selector behind it. */
function farPointer(d: Draft): void {
  putMemory(d, d.target, [...little(d.random.value(), d.size), ...little(selector(d), 2)]);
}
/** ARPL compares privilege levels of two. */
function both(d: Draft): void {
  inOperand(d);
  if (!d.addressRegisters.has(d.reg)) d.v.gpr[d.reg] = BigInt.asUintN(32, selector(d));
}

/** By helper. */
export const SELECTOR_OPERANDS: Readonly<Record<string, (d: Draft) => void>> = {
  ...{ movToSegment: inOperand, lar: inOperand, lsl: inOperand, verr: inOperand, verw: inOperand, arpl: both },
  ...{ popEs: atStack, popSs: atStack, popDs: atStack, popFs: atStack, popGs: atStack },
  ...{ les: farPointer, lds: farPointer, lfs: farPointer, lgs: farPointer, lss: farPointer },
};
