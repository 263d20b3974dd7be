// Loads, stores and moves that raise nothing, in 32-bit halves: what most of them are. Each says whether it was one; all else goes the exact way.
import { BIAS } from './float80';
import type { FpuUnit } from './unit';

/** Ten, and what fills its slot up to a word. */
const REGISTER_BYTES = 12;
const BIAS_64 = 1023;
const SPECIAL_64 = 0x7ff;
const BIAS_32 = 127;
const SPECIAL_32 = 0xff;

/** FLD m64 of a normal number. */
export function loadDouble(u: FpuUnit, at: number): boolean {
  const { view } = u;
  const high = view.getUint32(at + 4, true);
  const exponent = (high >>> 20) & SPECIAL_64;
  if (exponent === 0 || exponent === SPECIAL_64 || !u.isEmpty(-1)) return false;
  const low = view.getUint32(at, true);
  u.pushParts(((high >>> 16) & 0x8000) | (exponent - BIAS_64 + BIAS), 0x8000_0000 | ((high & 0xf_ffff) << 11) | (low >>> 21), low << 11);
  return true;
}
/** FLD m32 of a normal number. */
export function loadSingle(u: FpuUnit, at: number): boolean {
  const value = u.view.getUint32(at, true);
  const exponent = (value >>> 23) & SPECIAL_32;
  if (exponent === 0 || exponent === SPECIAL_32 || !u.isEmpty(-1)) return false;
  u.pushParts(((value >>> 16) & 0x8000) | (exponent - BIAS_32 + BIAS), 0x8000_0000 | ((value & 0x7f_ffff) << 8), 0);
  return true;
}
/** FST and FSTP m64 of a number that a double holds exactly. */
export function storeDouble(u: FpuUnit, at: number, pops: 0 | 1): boolean {
  if (u.isEmpty(0)) return false;
  const { view } = u;
  const from = u.place(0);
  const se = view.getUint16(from + 8, true);
  const exponent = (se & 0x7fff) - BIAS + BIAS_64;
  const low = view.getUint32(from, true);
  const high = view.getUint32(from + 4, true);
  if (exponent <= 0 || exponent >= SPECIAL_64 || low & 0x7ff || high < 0x8000_0000) return false;
  u.clearC1();
  view.setUint32(at, ((high << 21) | (low >>> 11)) >>> 0, true);
  view.setUint32(at + 4, (((se & 0x8000) << 16) | (exponent << 20) | ((high >>> 11) & 0xf_ffff)) >>> 0, true);
  u.pops(pops);
  return true;
}
/** FLD ST(i). */
export function loadRegister(u: FpuUnit, i: number): boolean {
  if (u.isEmpty(i) || !u.isEmpty(-1)) return false;
  const { view } = u;
  const from = u.place(i);
  u.pushParts(view.getUint16(from + 8, true), view.getUint32(from + 4, true), view.getUint32(from, true));
  return true;
}
/** FXCH. */
export function exchange(u: FpuUnit, i: number): boolean {
  if (u.isEmpty(0) || u.isEmpty(i)) return false;
  const { view } = u;
  const [a, b] = [u.place(0), u.place(i)];
  u.clearC1();
  for (let part = 0; part < REGISTER_BYTES; part += 4) {
    const value = view.getUint32(a + part, true);
    view.setUint32(a + part, view.getUint32(b + part, true), true);
    view.setUint32(b + part, value, true);
  }
  return true;
}
