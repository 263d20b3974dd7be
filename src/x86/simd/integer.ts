// Integer operations whose lanes depend on each other in ways that SIMD code has no instruction for (SDM vol 2 "PHMINPOSUW", "MPSADBW").
import type { Run, VectorContext } from './context';

/** The least of eight words, and which it is. */
function minimumPosition({ view, source2, destination }: VectorContext): undefined {
  let least = 0xffff;
  let position = 0;
  for (let i = 7; i >= 0; i--) {
    const value = view.getUint16(source2 + i * 2, true);
    if (value > least) continue;
    least = value;
    position = i;
  }
  view.setBigUint64(destination, BigInt(least | (position << 16)), true);
  view.setBigUint64(destination + 8, 0n, true);
  return undefined;
}
/** Sums of absolute differences of a group of four bytes of source 2 and eight overlapping ones of source 1; three bits of the immediate for each 128 bits. */
function sumsOfDifferences({ view, source1, source2, destination, bytes, immediate }: VectorContext): undefined {
  const sums: number[] = [];
  for (let base = 0; base < bytes; base += 16) {
    const control = base ? immediate >> 3 : immediate;
    const group = source2 + base + (control & 3) * 4;
    const first = source1 + base + (control & 4);
    for (let i = 0; i < 8; i++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += Math.abs(view.getUint8(first + i + k) - view.getUint8(group + k));
      sums.push(sum);
    }
  }
  sums.forEach((sum, i) => {
    view.setUint16(destination + i * 2, sum, true);
  });
  return undefined;
}

export const INTEGER = { phminposuw: minimumPosition, mpsadbw: sumsOfDifferences } as const satisfies Record<string, Run>;
