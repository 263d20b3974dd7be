// The 512-byte image of FXSAVE, which is also the legacy region of XSAVE: x87 and SSE state, each for itself (SDM vol 1 table 10-2, ch. 13.4.1, 13.6).
import type { LinearMemory } from '../cpu';
import { normalControl, TOP_SHIFT, withSummary } from '../fpu/bits';
import type { VcpuState } from '../vcpu-state';

export const MXCSR_MASK = 0xffff;
export const MXCSR_INIT = 0x1f80;
const CONTROL_INIT = 0x37f;

/** Where an image is, and in which form: `wide`, with 64-bit instruction and data pointers and no selectors (REX.W); XMM registers of the mode. */
export interface Image {
  memory: LinearMemory;
  at: bigint;
  wide: boolean;
  xmmCount: 8 | 16;
}
type Size = 1 | 2 | 4 | 8;
export const put = ({ memory, at }: Image, offset: number, size: Size, value: bigint | number): void =>
  memory.write(at + BigInt(offset), size, BigInt.asUintN(size * 8, BigInt(value)), 'current');
export const get = ({ memory, at }: Image, offset: number, size: Size): bigint => memory.read(at + BigInt(offset), size, 'current');

const top = (state: VcpuState): number => (state.u32('fsw') >> TOP_SHIFT) & 7;
const ST = 32;
const XMM = 160;
const SLOT = 16;

export function saveX87(state: VcpuState, image: Image): void {
  const segments = state.u32('fpSegments');
  put(image, 0, 2, state.u32('fcw'));
  put(image, 2, 2, state.u32('fsw'));
  put(image, 4, 2, state.u32('ftw'));
  put(image, 6, 2, state.u32('fop'));
  for (const [offset, pointer, selector] of [
    [8, state.u64('fip'), segments & 0xffff],
    [16, state.u64('fdp'), segments >>> 16],
  ] as const)
    put(image, offset, 8, image.wide ? pointer : (pointer & 0xffff_ffffn) | (BigInt(selector) << 32n));
  for (let i = 0; i < 8; i++) {
    const value = state.st((top(state) + i) & 7);
    put(image, ST + i * SLOT, 8, value);
    put(image, ST + i * SLOT + 8, 8, value >> 64n);
  }
}
/** Reads all of it before anything changes. */
export function loadX87(state: VcpuState, image: Image): () => void {
  const fcw = normalControl(Number(get(image, 0, 2)));
  const fsw = withSummary(Number(get(image, 2, 2)), fcw);
  const ftw = Number(get(image, 4, 1));
  const fop = Number(get(image, 6, 2)) & 0x7ff;
  const [ip, dp] = [get(image, 8, 8), get(image, 16, 8)];
  const st = Array.from({ length: 8 }, (_, i) => (get(image, ST + i * SLOT + 8, 2) << 64n) | get(image, ST + i * SLOT, 8));
  return () => {
    state.setU32('fcw', fcw);
    state.setU32('fsw', fsw);
    state.setU32('ftw', ftw);
    state.setU32('fop', fop);
    state.setU64('fip', image.wide ? ip : ip & 0xffff_ffffn);
    state.setU64('fdp', image.wide ? dp : dp & 0xffff_ffffn);
    const selector = (pointer: bigint): number => Number((pointer >> 32n) & 0xffffn);
    state.setU32('fpSegments', image.wide ? 0 : (selector(ip) | (selector(dp) << 16)) >>> 0);
    for (const [i, value] of st.entries()) state.setSt((top(state) + i) & 7, value);
  };
}
export function initX87(state: VcpuState): void {
  state.setU32('fcw', CONTROL_INIT);
  for (const field of ['fsw', 'ftw', 'fop', 'fpSegments'] as const) state.setU32(field, 0);
  state.setU64('fip', 0n);
  state.setU64('fdp', 0n);
  for (let i = 0; i < 8; i++) state.setSt(i, 0n);
}
export function isX87Init(state: VcpuState): boolean {
  if (state.u32('fcw') !== CONTROL_INIT || state.u64('fip') !== 0n || state.u64('fdp') !== 0n) return false;
  for (const field of ['fsw', 'ftw', 'fop', 'fpSegments'] as const) if (state.u32(field) !== 0) return false;
  for (let i = 0; i < 8; i++) if (state.st(i) !== 0n) return false;
  return true;
}

export function saveXmm(state: VcpuState, image: Image): void {
  for (let i = 0; i < image.xmmCount; i++) {
    put(image, XMM + i * SLOT, 8, state.ymmQuad(i, 0));
    put(image, XMM + i * SLOT + 8, 8, state.ymmQuad(i, 1));
  }
}
export function loadXmm(state: VcpuState, image: Image): () => void {
  const values = Array.from(
    { length: image.xmmCount },
    (_, i) => [get(image, XMM + i * SLOT, 8), get(image, XMM + i * SLOT + 8, 8)] as const,
  );
  return () => {
    for (const [i, [low, high]] of values.entries()) {
      state.setYmmQuad(i, 0, low);
      state.setYmmQuad(i, 1, high);
    }
  };
}

export function saveMxcsr(state: VcpuState, image: Image): void {
  put(image, 24, 4, state.u32('mxcsr'));
  put(image, 28, 4, MXCSR_MASK);
}
