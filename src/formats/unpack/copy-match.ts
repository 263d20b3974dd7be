// A back reference: `length` bytes from `distance` bytes before the end of what is written, which may overlap what they make.
import { PackedDataFault } from './unpack-error';

/** Up to so many bytes a loop is quicker than the runtime's function. */
const FEW = 32;

/** The end of what is written then. */
export function copyMatch(output: Uint8Array, at: number, distance: number, length: number): number {
  if (distance <= 0 || distance > at) throw new PackedDataFault(`a reference ${distance} bytes back at ${at}`);
  const end = at + length;
  if (end > output.length) throw new PackedDataFault(`more than ${output.length} bytes`);
  if (length > FEW) {
    // What is there may be copied again, behind a whole number of distances.
    const start = at - distance;
    for (let to = at; to < end; ) {
      const from = Math.min(to - start, end - to);
      output.copyWithin(to, start, start + from);
      to += from;
    }
  } else for (let from = at - distance, to = at; to < end; ) output[to++] = output[from++]!;
  return end;
}

export function copyBytes(output: Uint8Array, at: number, bytes: Uint8Array, length: number): number {
  if (bytes.length < length) throw new PackedDataFault('it ends too soon');
  if (at + length > output.length) throw new PackedDataFault(`more than ${output.length} bytes`);
  output.set(bytes, at);
  return at + length;
}
