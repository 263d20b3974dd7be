// Where a variable is, as an expression says (DWARF 5, 2.6), and how to read its bytes from there.

export type MaybePromise<T> = T | Promise<T>;

export type Location =
  | { readonly kind: 'memory'; readonly address: bigint }
  /** In the guest's physical memory, through no page table. */
  | { readonly kind: 'physical'; readonly address: bigint }
  | { readonly kind: 'register'; readonly register: number }
  /** Not stored anywhere: the bytes are known (a stack value or an implicit value). */
  | { readonly kind: 'value'; readonly bytes: Uint8Array }
  /** A pointer that was optimised away; what it points to is described by a DIE of .debug_info. */
  | { readonly kind: 'implicitPointer'; readonly dieOffset: number; readonly byteOffset: bigint }
  | { readonly kind: 'pieces'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'optimizedOut' }
  /** Described, but not computable here: a register or memory the frame does not know, an unsupported operation. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface Piece {
  readonly location: Location;
  /** Bits of the location to pass over, and to take. */
  readonly bitOffset: number;
  readonly bitSize: number;
}

/** What a location is read through: the registers of one frame and the guest's memory. */
export interface LocationPort {
  register(register: number): MaybePromise<bigint | undefined>;
  memory(address: bigint, length: number): MaybePromise<Uint8Array | undefined>;
  physical?(address: bigint, length: number): MaybePromise<Uint8Array | undefined>;
}

export type ReadResult =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'optimizedOut' }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** A larger variable is cut by who shows it, never read whole. */
const MAX_READ = 16 * 1024 * 1024;

export const OPTIMIZED_OUT: Location = { kind: 'optimizedOut' };

export function unavailable(reason: string): { readonly kind: 'unavailable'; readonly reason: string } {
  return { kind: 'unavailable', reason };
}

/** The part of a location: a member of a structure, an element of an array, a bit field. */
export function subLocation(location: Location, bitOffset: number, bitSize: number): Location {
  switch (location.kind) {
    case 'memory':
      if (bitOffset % 8 === 0 && bitSize % 8 === 0)
        return { kind: 'memory', address: BigInt.asUintN(64, location.address + BigInt(bitOffset / 8)) };
      return { kind: 'pieces', pieces: [{ location, bitOffset, bitSize }] };
    case 'physical':
      if (bitOffset % 8 === 0 && bitSize % 8 === 0) return { kind: 'physical', address: location.address + BigInt(bitOffset / 8) };
      return { kind: 'pieces', pieces: [{ location, bitOffset, bitSize }] };
    case 'register':
    case 'value':
      return { kind: 'pieces', pieces: [{ location, bitOffset, bitSize }] };
    case 'pieces':
      return cutPieces(location.pieces, bitOffset, bitSize);
    case 'implicitPointer':
      return bitOffset === 0 ? location : unavailable('part of an optimised-out pointer');
    default:
      return location;
  }
}

function cutPieces(pieces: readonly Piece[], bitOffset: number, bitSize: number): Location {
  const cut: Piece[] = [];
  let at = 0;
  for (const piece of pieces) {
    const from = Math.max(bitOffset, at);
    const to = Math.min(bitOffset + bitSize, at + piece.bitSize);
    if (to > from) cut.push({ location: piece.location, bitOffset: piece.bitOffset + from - at, bitSize: to - from });
    at += piece.bitSize;
  }
  const [only] = cut;
  if (!only) return OPTIMIZED_OUT;
  if (cut.length === 1 && only.bitSize === bitSize) {
    if (only.location.kind === 'memory' || only.location.kind === 'physical')
      return subLocation(only.location, only.bitOffset, only.bitSize);
    if (only.location.kind === 'optimizedOut' || only.location.kind === 'unavailable') return only.location;
    if (only.location.kind === 'implicitPointer' && only.bitOffset === 0) return only.location;
  }
  return { kind: 'pieces', pieces: cut };
}

/** `byteSize` bytes, little-endian; a bit field's bits are at the bottom. */
export async function readLocation(location: Location, byteSize: number, port: LocationPort): Promise<ReadResult> {
  if (byteSize > MAX_READ) return unavailable(`too large to read at once (${byteSize} bytes)`);
  switch (location.kind) {
    case 'memory': {
      const bytes = byteSize === 0 ? new Uint8Array(0) : await port.memory(location.address, byteSize);
      if (!bytes || bytes.length < byteSize) return unavailable(`memory at 0x${location.address.toString(16)} is not readable`);
      return { kind: 'bytes', bytes };
    }
    case 'physical': {
      const bytes = await port.physical?.(location.address, byteSize);
      if (!bytes || bytes.length < byteSize) return unavailable(`there is no memory at physical 0x${location.address.toString(16)}`);
      return { kind: 'bytes', bytes };
    }
    case 'register': {
      const value = await port.register(location.register);
      if (value === undefined) return unavailable(`register ${location.register} is not known in this frame`);
      return { kind: 'bytes', bytes: littleEndian(value, byteSize) };
    }
    case 'value': {
      const bytes = new Uint8Array(byteSize);
      bytes.set(location.bytes.subarray(0, byteSize));
      return { kind: 'bytes', bytes };
    }
    case 'pieces':
      return readPieces(location.pieces, byteSize, port);
    case 'implicitPointer':
      return unavailable('the pointer was optimised out; what it points to may still be known');
    default:
      return location;
  }
}

async function readPieces(pieces: readonly Piece[], byteSize: number, port: LocationPort): Promise<ReadResult> {
  const out = new Uint8Array(byteSize);
  let at = 0;
  for (const piece of pieces) {
    if (at >= byteSize * 8) break;
    const bits = Math.min(piece.bitSize, byteSize * 8 - at);
    const part = await readLocation(piece.location, Math.ceil((piece.bitOffset + bits) / 8), port);
    if (part.kind !== 'bytes') return part;
    copyBits(out, at, part.bytes, piece.bitOffset, bits);
    at += bits;
  }
  return { kind: 'bytes', bytes: out };
}

function copyBits(to: Uint8Array, toBit: number, from: Uint8Array, fromBit: number, count: number): void {
  if (toBit % 8 === 0 && fromBit % 8 === 0 && count % 8 === 0) {
    to.set(from.subarray(fromBit / 8, (fromBit + count) / 8), toBit / 8);
    return;
  }
  for (let i = 0; i < count; i++) {
    const bit = (from[(fromBit + i) >> 3]! >> ((fromBit + i) & 7)) & 1;
    to[(toBit + i) >> 3]! |= bit << ((toBit + i) & 7);
  }
}

export function littleEndian(value: bigint, byteSize: number): Uint8Array {
  const bytes = new Uint8Array(byteSize);
  let rest = BigInt.asUintN(byteSize * 8, value);
  for (let i = 0; i < byteSize && rest !== 0n; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export function unsignedOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
