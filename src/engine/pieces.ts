// An area within one page that is no plain RAM, or that breakpoints look at: moved in pieces as large as they go.
import type { LinearMemory } from '../x86/cpu';

function* pieces(length: number): Generator<{ at: number; size: 1 | 4 | 8 }> {
  for (let at = 0; at < length; ) {
    const size = length - at >= 8 ? 8 : length - at >= 4 ? 4 : 1;
    yield { at, size };
    at += size;
  }
}

export function readPieces(memory: LinearMemory, linear: bigint, into: Uint8Array): void {
  for (const { at, size } of pieces(into.length)) {
    const value = memory.read(linear + BigInt(at), size, 'unaligned');
    for (let i = 0; i < size; i++) into[at + i] = Number((value >> BigInt(i * 8)) & 0xffn);
  }
}

export function writePieces(memory: LinearMemory, linear: bigint, bytes: Uint8Array): void {
  for (const { at, size } of pieces(bytes.length)) {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
    memory.write(linear + BigInt(at), size, value, 'unaligned');
  }
}
