// Vectors built lane by lane from chosen addresses, and the widths that most AVX instructions come in.
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import { keepV128 } from '../sse/operation';
import { clearAbove, type VectorBytes } from './generator';

export interface Width {
  bytes: VectorBytes;
  /** Of the VEX prefix, and of memory operands. */
  length: '128' | '256';
  /** Of register operands. */
  suffix: '' | '256';
}
export const WIDTHS: readonly Width[] = [
  { bytes: 16, length: '128', suffix: '' },
  { bytes: 32, length: '256', suffix: '256' },
];

/** Stores one or two halves into a register, and clears what is above. */
export function storeHalves(c: InsnContext, to: Local, halves: readonly Local[]): void {
  halves.forEach((half, i) => {
    c.f
      .get(to)
      .get(half)
      .simdMem('v128.store', i * 16);
  });
  if (halves.length === 1) clearAbove(c, to, 16);
}

/** Lane i of the result is read at the address that `pushAddress` pushes; all are read before any is written. */
export function storeLoaded(c: InsnContext, to: Local, bytes: VectorBytes, laneBytes: 4 | 8, pushAddress: (lane: number) => void): void {
  const perHalf = 16 / laneBytes;
  const halves = Array.from({ length: bytes / 16 }, (_, half) => {
    const out = c.tempV128();
    for (let i = 0; i < perHalf; i++) {
      pushAddress(half * perHalf + i);
      if (i === 0) c.f.simdMem(laneBytes === 4 ? 'v128.load32_zero' : 'v128.load64_zero');
      else c.f.get(out).simdLane(laneBytes === 4 ? 'v128.load32_lane' : 'v128.load64_lane', i);
      c.f.set(out);
    }
    return out;
  });
  storeHalves(c, to, halves);
}

/** Loads 128 bits into a fresh local. */
export function loadHalf(c: InsnContext, from: Local, at: number): Local {
  c.f.get(from).simdMem('v128.load', at);
  return keepV128(c);
}
