// Accesses to devices of any length, as naturally aligned pieces of at most 4 bytes: between the host and a place in the VM's memory.
import type { CpuHost } from '../x86/cpu';

function* pieces(gpa: number, length: number): Generator<{ gpa: number; size: 1 | 2 | 4; at: number }> {
  for (let at = 0; at < length; ) {
    const here = gpa + at;
    const size = here % 4 === 0 && length - at >= 4 ? 4 : here % 2 === 0 && length - at >= 2 ? 2 : 1;
    yield { gpa: here, size, at };
    at += size;
  }
}

export function readDevice(view: DataView, host: CpuHost, gpa: number, length: number, at: number): void {
  for (const piece of pieces(gpa, length)) {
    const value = host.mmioRead(piece.gpa, piece.size);
    if (piece.size === 4) view.setUint32(at + piece.at, value, true);
    else if (piece.size === 2) view.setUint16(at + piece.at, value, true);
    else view.setUint8(at + piece.at, value);
  }
}

export function writeDevice(view: DataView, host: CpuHost, gpa: number, length: number, at: number): void {
  for (const piece of pieces(gpa, length)) {
    const from = at + piece.at;
    const value = piece.size === 4 ? view.getUint32(from, true) : piece.size === 2 ? view.getUint16(from, true) : view.getUint8(from);
    host.mmioWrite(piece.gpa, piece.size, value);
  }
}
