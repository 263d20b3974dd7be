// x87 and MMX state of a vector, laid into the engine and printed as the oracle prints it.
import { TOP_SHIFT } from '../../x86/fpu/bits';
import type { VcpuState } from '../../x86/vcpu-state';
import type { Result, Vector } from './vector';

export interface FpuState {
  fcw: number;
  fsw: number;
  /** Abridged. */
  ftw: number;
  /** By stack position. */
  st: bigint[];
}
export const emptyFpu = (): FpuState => ({ fcw: 0x37f, fsw: 0, ftw: 0, st: Array.from({ length: 8 }, () => 0n) });

export function formatFpu(fpu: FpuState): string[] {
  const base = emptyFpu();
  const words: string[] = [];
  for (const name of ['fcw', 'fsw', 'ftw'] as const) if (fpu[name] !== base[name]) words.push(`${name}=${fpu[name].toString(16)}`);
  for (const [i, value] of fpu.st.entries()) if (value !== 0n) words.push(`st${i}=${value.toString(16)}`);
  return words;
}
/** True where the word was one of this state. */
export function parseFpu(v: Vector, name: string, text: string): boolean {
  if (name === 'fcw' || name === 'fsw' || name === 'ftw') {
    v.fpu ??= emptyFpu();
    v.fpu[name] = Number.parseInt(text, 16) & 0xffff;
    return true;
  }
  if (!/^st[0-7]$/.test(name)) return false;
  v.fpu ??= emptyFpu();
  v.fpu.st[Number(name[2])] = BigInt.asUintN(80, BigInt(`0x${text}`));
  return true;
}

export function layFpu(state: VcpuState, fpu: FpuState = emptyFpu()): void {
  for (const name of ['fcw', 'fsw', 'ftw'] as const) state.setU32(name, fpu[name]);
  const top = (fpu.fsw >> TOP_SHIFT) & 7;
  for (const [i, value] of fpu.st.entries()) state.setSt((top + i) & 7, value);
  state.setU32('fop', 0);
  state.setU32('fpSegments', 0);
  state.setU64('fip', 0n);
  state.setU64('fdp', 0n);
}
export function fpuResult(state: VcpuState, before: FpuState = emptyFpu(), result: Result): void {
  for (const name of ['fcw', 'fsw', 'ftw'] as const)
    if (state.u32(name) !== before[name])
      result.set(
        name,
        state
          .u32(name)
          .toString(16)
          .padStart(name === 'ftw' ? 2 : 4, '0'),
      );
  const top = (state.u32('fsw') >> TOP_SHIFT) & 7;
  for (let i = 0; i < 8; i++) {
    const value = state.st((top + i) & 7);
    if (value !== before.st[i]) result.set(`st${i}`, value.toString(16).padStart(20, '0'));
  }
}
