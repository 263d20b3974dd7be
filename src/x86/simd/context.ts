// What an operation that TypeScript runs gets, and how it comes to its lanes.

export interface VectorContext {
  view: DataView;
  /** Offsets in memory; a source may be a register or a copy of a memory operand. Two operands: `source1` is the destination. */
  destination: number;
  source1: number;
  source2: number;
  /** 16 or 32 bytes: packed operations work on that many. */
  bytes: number;
  /** The row's immediate, or the address of a third source. */
  immediate: number;
  mxcsr: number;
}

/** Result: undefined, or the vector of the exception that it raises. The destination is written last: it may be a source too. */
export type Run = (c: VectorContext) => number | undefined;

export const getLane = (c: VectorContext, at: number, bits: number): bigint =>
  bits === 64 ? c.view.getBigUint64(at, true) : BigInt(c.view.getUint32(at, true));
export const putLane = (c: VectorContext, at: number, bits: number, value: bigint): void => {
  if (bits === 64) c.view.setBigUint64(at, value, true);
  else c.view.setUint32(at, Number(value), true);
};

/** Scalar operations keep the rest of the first source's low 128 bits. */
export function keepSource1(c: VectorContext): void {
  if (c.destination === c.source1) return;
  const { view, destination, source1 } = c;
  const low = view.getBigUint64(source1, true);
  const high = view.getBigUint64(source1 + 8, true);
  view.setBigUint64(destination, low, true);
  view.setBigUint64(destination + 8, high, true);
}
