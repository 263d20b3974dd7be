// Flags that instructions leave undefined: by their rows, and OF of shifts and rotates by their counts.
import type { Vector } from '../../src/engine/vectors/vector';
import type { Decoded } from '../../src/x86/decode/decoder';
import type { InsnRow } from '../../src/x86/insn/row';
import { Gpr } from '../../src/x86/layout';
import { isOtherVendor } from './host';

const FLAG_OF: Readonly<Record<string, bigint>> = { c: 1n, p: 4n, a: 0x10n, z: 0x40n, s: 0x80n, o: 0x800n };
const SHIFT = /^(RO|RC|SH|SA)[LR]$/;

/** A shift or rotate by an immediate or CL: OF is defined where the count is 1 (SDM vol 2 "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR"). Ours is as AMD has it. */
export const mayLeaveOverflow = (row: InsnRow | undefined): boolean =>
  isOtherVendor && row !== undefined && SHIFT.test(row.name) && /^(C[01]|D[23]) /.test(row.encoding);

/** `isFirst`: CL is still the vector's own. */
function leavesOverflow(d: Decoded, vector: Vector, isFirst: boolean): boolean {
  if (!mayLeaveOverflow(d.row)) return false;
  const mask = d.size === 8 ? 63 : 31;
  if (d.row!.encoding.startsWith('C')) return (d.immediate & mask) > 1;
  return !isFirst || (Number((vector.gpr[Gpr.rcx] as bigint) & 0xffn) & mask) > 1;
}

export function undefinedFlagsOf(d: Decoded, vector: Vector, isFirst: boolean): bigint {
  let mask = 0n;
  for (const letter of d.row?.flags?.undefined ?? '') mask |= FLAG_OF[letter] ?? 0n;
  return leavesOverflow(d, vector, isFirst) ? mask | (FLAG_OF.o as bigint) : mask;
}
