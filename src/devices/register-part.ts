// A narrow read inside a 32-bit register: the bytes it covers, unsigned.
export function registerPart(value: number, byteOffset: number, size: 1 | 2 | 4): number {
  const shifted = value >>> (byteOffset * 8);
  return size === 4 ? shifted : shifted & ((1 << (size * 8)) - 1);
}
