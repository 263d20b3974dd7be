// Where a name stands in a section of zero-terminated strings. Linkers keep one copy, often as the tail of a longer string.

const encoder = new TextEncoder();

export function occurrences(section: Uint8Array, name: string): number[] {
  const wanted = encoder.encode(`${name}\0`);
  const bytes = Buffer.from(section.buffer, section.byteOffset, section.byteLength);
  const found: number[] = [];
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) found.push(at);
  return found;
}
