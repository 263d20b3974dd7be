// Arithmetic flags set from TypeScript, in S.rflags (SDM vol 1 ch. 3.4.3.1).
import { Flag } from '../emit/flags';
import type { VcpuState } from '../vcpu-state';

export function setFlags(state: VcpuState, mask: number, bits: number): void {
  state.setU64('rflags', (state.u64('rflags') & ~BigInt(mask)) | BigInt(bits & mask));
}

/** PF, ZF and SF of a byte. */
export function resultFlags(value: number): number {
  let ones = 0;
  for (let bit = 0; bit < 8; bit++) ones += (value >> bit) & 1;
  return (ones & 1 ? 0 : Flag.PF) | ((value & 0xff) === 0 ? Flag.ZF : 0) | (value & 0x80 ? Flag.SF : 0);
}

export function setSubtractFlags(state: VcpuState, a: bigint, b: bigint, size: 1 | 2 | 4 | 8): void {
  const r = BigInt.asUintN(size * 8, a - b);
  const top = BigInt(size * 8 - 1);
  let flags = resultFlags(Number(r & 0xffn)) & Flag.PF;
  if (r === 0n) flags |= Flag.ZF;
  if (r >> top) flags |= Flag.SF;
  if (a < b) flags |= Flag.CF;
  if ((a ^ b ^ r) & 0x10n) flags |= Flag.AF;
  if (((a ^ b) & (a ^ r)) >> top) flags |= Flag.OF;
  setFlags(state, 0x8d5, flags);
}
