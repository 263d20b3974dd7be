// Several byte strings by name in one: each is 32 bytes of name, its length in 4 bytes, and itself.
const NAME_BYTES = 32;
const HEAD_BYTES = NAME_BYTES + 4;

/** By the hexadecimal names. */
export type Pack = ReadonlyMap<string, Uint8Array>;

export const packedBytes = ({ length }: Uint8Array): number => HEAD_BYTES + length;

export function packOf(parts: Pack): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const [name, bytes] of parts) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    pieces.push(Buffer.from(name, 'hex'), length, bytes);
  }
  return Buffer.concat(pieces);
}

/** What ends early is left out. */
export function partsOf(pack: Uint8Array): Pack {
  const parts = new Map<string, Uint8Array>();
  const bytes = Buffer.from(pack.buffer, pack.byteOffset, pack.length);
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const start = at + HEAD_BYTES;
    const end = start + bytes.readUInt32LE(at + NAME_BYTES);
    if (end > bytes.length) break;
    parts.set(bytes.toString('hex', at, at + NAME_BYTES), bytes.subarray(start, end));
    at = end;
  }
  return parts;
}
