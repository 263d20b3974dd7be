// State components of XSAVE: which there are, where they lie, what their initial configuration is (SDM vol 1 ch. 13.1 to 13.6).
import type { VcpuState } from '../vcpu-state';
import {
  anyVectorSet,
  clearVectors,
  type Image,
  initX87,
  isX87Init,
  loadVectors,
  loadX87,
  loadXmm,
  saveVectors,
  saveX87,
  saveXmm,
} from './legacy-image';

export const LEGACY_BYTES = 512;
export const HEADER_BYTES = 64;
/** Where extended components begin in the compacted format. */
export const EXTENDED = LEGACY_BYTES + HEADER_BYTES;

export interface XstateComponent {
  bit: number;
  name: string;
  /** CPUID feature that brings it, by its name in models/features.rows.ts; nothing: XSAVE itself. */
  feature?: string;
  /** Of the extended region: bytes, and offset in the standard format. */
  bytes: number;
  offset: number;
  inUse(state: VcpuState, registers: number): boolean;
  /** `at` is the offset in the image. */
  save(state: VcpuState, image: Image, at: number): void;
  load(state: VcpuState, image: Image, at: number): () => void;
  init(state: VcpuState, registers: number): void;
}

export const XSTATE_COMPONENTS: readonly XstateComponent[] = [
  {
    bit: 0,
    name: 'x87',
    bytes: 0,
    offset: 0,
    inUse: (state) => !isX87Init(state),
    save: saveX87,
    load: loadX87,
    init: initX87,
  },
  {
    bit: 1,
    name: 'SSE',
    bytes: 0,
    offset: 0,
    inUse: (state, registers) => anyVectorSet(state, registers, 0),
    save: saveXmm,
    load: loadXmm,
    init: (state, registers) => clearVectors(state, registers, 0),
  },
  {
    bit: 2,
    name: 'AVX',
    feature: 'avx',
    bytes: 256,
    offset: EXTENDED,
    inUse: (state, registers) => anyVectorSet(state, registers, 1),
    save: (state, image, at) => saveVectors(state, image, at, 1),
    load: (state, image, at) => loadVectors(state, image, at, 1),
    init: (state, registers) => clearVectors(state, registers, 1),
  },
  {
    bit: 9,
    name: 'PKRU',
    feature: 'pku',
    bytes: 8,
    // Behind the components that we do not have, as processors with them place it.
    offset: 0xa80,
    inUse: (state) => state.u64('pkru') !== 0n,
    save: (state, image, at) => {
      image.put64(at, state.u64('pkru'));
      image.store(at, 8);
    },
    load: (state, image, at) => {
      image.fetch(at, 4);
      return () => state.setU64('pkru', BigInt(image.get(at, 4)));
    },
    init: (state) => state.setU64('pkru', 0n),
  },
];

export const bitOf = ({ bit }: XstateComponent): bigint => 1n << BigInt(bit);
export const ALL_COMPONENTS = XSTATE_COMPONENTS.reduce((bits, c) => bits | bitOf(c), 0n);
export const X87_BIT = 1n;
export const SSE_BIT = 2n;
export const AVX_BIT = 4n;
export const PKRU_BIT = 1n << 9n;

/** Bits that XCR0 may have. */
export const offeredXcr0 = (has: (feature: string) => boolean): bigint =>
  XSTATE_COMPONENTS.reduce((bits, c) => (c.feature === undefined || has(c.feature) ? bits | bitOf(c) : bits), 0n);

/** Components that are not in their initial configuration: XINUSE. */
export const inUse = (state: VcpuState, registers: number): bigint =>
  XSTATE_COMPONENTS.reduce((bits, c) => (c.inUse(state, registers) ? bits | bitOf(c) : bits), 0n);

/** Offset of each component of an image whose components are these; standard format: `compacted` false. */
export function offsets(components: bigint, compacted: boolean): ReadonlyMap<number, number> {
  const result = new Map<number, number>();
  let next = EXTENDED;
  for (const c of XSTATE_COMPONENTS) {
    if (!(components & bitOf(c))) continue;
    result.set(c.bit, compacted && c.bit > 1 ? next : c.offset);
    next += c.bytes;
  }
  return result;
}
/** Bytes of an image with these components. */
export function imageBytes(components: bigint, compacted: boolean): number {
  let end = EXTENDED;
  const places = offsets(components, compacted);
  for (const c of XSTATE_COMPONENTS) {
    const at = places.get(c.bit);
    if (at !== undefined && c.bit > 1) end = Math.max(end, at + c.bytes);
  }
  return end;
}
