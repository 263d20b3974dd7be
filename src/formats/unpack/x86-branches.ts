// The x86 filter of xz (BCJ): calls and jumps have absolute targets in what was packed; this makes them relative again. As xz's file format
// specification 5.3.2 names it; the rule which bytes are targets is that of its encoder.

/** By which of the last three bytes looked like an opcode: whether this one can be one, and which byte of its target to look at. */
const ALLOWED = [true, true, true, false, true, false, false, false];
const BYTE_OF = [0, 1, 2, 2, 3, 3, 3, 3];
const CALL_OR_JUMP = 0xe8;
const isSign = (byte: number): boolean => byte === 0x00 || byte === 0xff;

export function relativeBranches(bytes: Uint8Array, start = 0): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let mask = 0;
  let previous = -1;
  for (let at = 0; at < bytes.length - 4; at++) {
    if ((bytes[at]! & 0xfe) !== CALL_OR_JUMP) continue;
    const distance = at - previous;
    previous = at;
    mask = distance > 3 ? 0 : (mask << (distance - 1)) & 7;
    if (mask !== 0 && (!ALLOWED[mask] || isSign(bytes[at + 4 - BYTE_OF[mask]!]!))) {
      mask = (mask << 1) | 1;
      continue;
    }
    if (!isSign(bytes[at + 4]!)) {
      mask = (mask << 1) | 1;
      continue;
    }
    view.setUint32(at + 1, target(view.getUint32(at + 1, true), start + at + 5, mask), true);
    at += 4;
  }
}

function target(absolute: number, from: number, mask: number): number {
  let relative = (absolute - from) | 0;
  if (mask !== 0) {
    const shift = BYTE_OF[mask]! * 8;
    while (isSign((relative >>> (24 - shift)) & 0xff)) {
      const flipped = relative ^ (2 ** (32 - shift) - 1);
      relative = (flipped - from) | 0;
    }
  }
  return ((relative << 7) >> 7) >>> 0;
}
