// State components of XSAVE: which there are, where they lie, what their initial configuration is (SDM vol 1 ch. 13.1 to 13.6).
import type { VcpuState } from '../vcpu-state';
import { get, type Image, initX87, isX87Init, loadX87, loadXmm, put, saveX87, saveXmm } from './legacy-image';

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

const quads = (registers: number, half: 0 | 2): [number, 0 | 1 | 2 | 3][] =>
  Array.from({ length: registers * 2 }, (_, i) => [i >> 1, ((i & 1) + half) as 0 | 1 | 2 | 3]);
const anySet = (state: VcpuState, registers: number, half: 0 | 2): boolean =>
  quads(registers, half).some(([i, quad]) => state.ymmQuad(i, quad) !== 0n);
function clear(state: VcpuState, registers: number, half: 0 | 2): void {
  for (const [i, quad] of quads(registers, half)) state.setYmmQuad(i, quad, 0n);
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
    inUse: (state, registers) => anySet(state, registers, 0),
    save: saveXmm,
    load: loadXmm,
    init: (state, registers) => clear(state, registers, 0),
  },
  {
    bit: 2,
    name: 'AVX',
    feature: 'avx',
    bytes: 256,
    offset: EXTENDED,
    inUse: (state, registers) => anySet(state, registers, 2),
    save: (state, image, at) => {
      quads(image.xmmCount, 2).forEach(([i, quad], n) => {
        put(image, at + n * 8, 8, state.ymmQuad(i, quad));
      });
    },
    load: (state, image, at) => {
      const values = quads(image.xmmCount, 2).map(([i, quad], n) => [i, quad, get(image, at + n * 8, 8)] as const);
      return () => {
        for (const [i, quad, value] of values) state.setYmmQuad(i, quad, value);
      };
    },
    init: (state, registers) => clear(state, registers, 2),
  },
  {
    bit: 9,
    name: 'PKRU',
    feature: 'pku',
    bytes: 8,
    // Behind the components that we do not have, as processors with them place it.
    offset: 0xa80,
    inUse: (state) => state.u64('pkru') !== 0n,
    save: (state, image, at) => put(image, at, 8, state.u64('pkru')),
    load: (state, image, at) => {
      const value = get(image, at, 4);
      return () => state.setU64('pkru', value);
    },
    init: (state) => state.setU64('pkru', 0n),
  },
];

export const bitOf = ({ bit }: XstateComponent): bigint => 1n << BigInt(bit);
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
