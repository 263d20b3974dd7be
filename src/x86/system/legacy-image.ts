// The 512-byte image of FXSAVE, which is also the legacy region of XSAVE: x87 and SSE state, each for itself (SDM vol 1 table 10-2, ch. 13.4.1, 13.6).
import type { LinearMemory } from '../cpu';
import { normalControl, TOP_SHIFT, withSummary } from '../fpu/bits';
import { S } from '../layout';
import type { VcpuState } from '../vcpu-state';
import { setStatus } from './fpu-status';

export const MXCSR_MASK = 0xffff;
export const MXCSR_INIT = 0x1f80;
const CONTROL_INIT = 0x37f;

/** An image in the guest's memory, and a copy of it through which it is read and written: parts move as a whole, the rest is not touched. `wide`: with 64-bit
 * instruction and data pointers and no selectors (REX.W). */
export class Image {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(
    private readonly memory: LinearMemory,
    readonly at: bigint,
    readonly wide: boolean,
    /** XMM registers of the mode. */
    readonly xmmCount: 8 | 16,
    bytes: number,
  ) {
    this.bytes = new Uint8Array(bytes);
    this.view = new DataView(this.bytes.buffer);
  }

  private part(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + length);
  }
  /** From memory, and to it. */
  fetch(offset: number, length: number): void {
    this.memory.readBytes(this.at + BigInt(offset), this.part(offset, length));
  }
  store(offset: number, length: number): void {
    this.memory.writeBytes(this.at + BigInt(offset), this.part(offset, length));
  }

  put(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size === 4) this.view.setUint32(offset, value, true);
    else if (size === 2) this.view.setUint16(offset, value, true);
    else this.view.setUint8(offset, value);
  }
  put64(offset: number, value: bigint): void {
    this.view.setBigUint64(offset, value, true);
  }
  get(offset: number, size: 1 | 2 | 4): number {
    return size === 4 ? this.view.getUint32(offset, true) : size === 2 ? this.view.getUint16(offset, true) : this.view.getUint8(offset);
  }
  get64(offset: number): bigint {
    return this.view.getBigUint64(offset, true);
  }
}

const top = (state: VcpuState): number => (state.u32('fsw') >> TOP_SHIFT) & 7;
const ST = 32;
const ST_BYTES = 10;
const XMM = 160;
const SLOT = 16;
const MXCSR = 24;
const YMM_STRIDE = 32;

export function saveX87(state: VcpuState, image: Image): void {
  const segments = state.u32('fpSegments');
  image.put(0, 2, state.u32('fcw'));
  image.put(2, 2, state.u32('fsw'));
  image.put(4, 2, state.u32('ftw'));
  image.put(6, 2, state.u32('fop'));
  for (const [offset, pointer, selector] of [
    [8, state.u64('fip'), segments & 0xffff],
    [16, state.u64('fdp'), segments >>> 16],
  ] as const) {
    image.put64(offset, pointer);
    if (!image.wide) image.put(offset + 4, 4, selector);
  }
  for (let i = 0; i < 8; i++) state.copyOut(S.st + ((top(state) + i) & 7) * SLOT, image.bytes, ST + i * SLOT, ST_BYTES);
  image.store(0, MXCSR);
  image.store(ST, 8 * SLOT);
}
/** Reads all of it before anything changes. */
export function loadX87(state: VcpuState, image: Image): () => void {
  image.fetch(0, MXCSR);
  image.fetch(ST, 8 * SLOT);
  return () => {
    const fcw = normalControl(image.get(0, 2));
    state.setU32('fcw', fcw);
    setStatus(state, withSummary(image.get(2, 2), fcw));
    state.setU32('ftw', image.get(4, 1));
    state.setU32('fop', image.get(6, 2) & 0x7ff);
    state.setU64('fip', image.wide ? image.get64(8) : BigInt(image.get(8, 4)));
    state.setU64('fdp', image.wide ? image.get64(16) : BigInt(image.get(16, 4)));
    state.setU32('fpSegments', image.wide ? 0 : (image.get(12, 2) | (image.get(20, 2) << 16)) >>> 0);
    for (let i = 0; i < 8; i++) {
      const at = ST + i * SLOT;
      image.bytes.fill(0, at + ST_BYTES, at + SLOT);
      state.copyIn(S.st + ((top(state) + i) & 7) * SLOT, image.bytes, at, SLOT);
    }
  };
}
export function initX87(state: VcpuState): void {
  state.setU32('fcw', CONTROL_INIT);
  setStatus(state, 0);
  for (const field of ['ftw', 'fop', 'fpSegments'] as const) state.setU32(field, 0);
  state.setU64('fip', 0n);
  state.setU64('fdp', 0n);
  for (let i = 0; i < 8; i++) state.setSt(i, 0n);
}
export function isX87Init(state: VcpuState): boolean {
  if (state.u32('fcw') !== CONTROL_INIT || state.u64('fip') !== 0n || state.u64('fdp') !== 0n) return false;
  for (const field of ['fsw', 'ftw', 'fop', 'fpSegments'] as const) if (state.u32(field) !== 0) return false;
  for (let i = 0; i < 8; i++) {
    const at = S.st + i * SLOT;
    if (state.u32At(at) !== 0 || state.u32At(at + 4) !== 0 || (state.u32At(at + 8) & 0xffff) !== 0) return false;
  }
  return true;
}

/** Halves of the vector registers: 0 XMM, 1 the upper half of YMM. */
type Half = 0 | 1;
const halfOf = (register: number, half: Half): number => S.ymm + register * YMM_STRIDE + half * SLOT;

export function saveVectors(state: VcpuState, image: Image, at: number, half: Half): void {
  for (let i = 0; i < image.xmmCount; i++) state.copyOut(halfOf(i, half), image.bytes, at + i * SLOT, SLOT);
  image.store(at, image.xmmCount * SLOT);
}
export function loadVectors(state: VcpuState, image: Image, at: number, half: Half): () => void {
  image.fetch(at, image.xmmCount * SLOT);
  return () => {
    for (let i = 0; i < image.xmmCount; i++) state.copyIn(halfOf(i, half), image.bytes, at + i * SLOT, SLOT);
  };
}
export function clearVectors(state: VcpuState, registers: number, half: Half): void {
  const zeros = new Uint8Array(SLOT);
  for (let i = 0; i < registers; i++) state.copyIn(halfOf(i, half), zeros, 0, SLOT);
}
export function anyVectorSet(state: VcpuState, registers: number, half: Half): boolean {
  for (let i = 0; i < registers; i++) for (let at = 0; at < SLOT; at += 4) if (state.u32At(halfOf(i, half) + at) !== 0) return true;
  return false;
}

export const saveXmm = (state: VcpuState, image: Image): void => saveVectors(state, image, XMM, 0);
export const loadXmm = (state: VcpuState, image: Image): (() => void) => loadVectors(state, image, XMM, 0);

export function saveMxcsr(state: VcpuState, image: Image): void {
  image.put(MXCSR, 4, state.u32('mxcsr'));
  image.put(MXCSR + 4, 4, MXCSR_MASK);
  image.store(MXCSR, 8);
}
export function fetchMxcsr(image: Image): number {
  image.fetch(MXCSR, 4);
  return image.get(MXCSR, 4);
}
