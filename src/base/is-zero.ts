// Whether a stretch of memory is all zeroes, four words at a time.

/** `length`: a multiple of four words. */
export function isZero(words: Uint32Array, from = 0, length = words.length): boolean {
  const end = from + length;
  for (let i = from; i < end; i += 4) if ((words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]!) !== 0) return false;
  return true;
}
