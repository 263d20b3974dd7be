// Little-endian words of guest-physical memory, as hypervisor structures hold them. Undefined or false where there is no RAM.
import type { GuestMemory } from '../devices/ports';

export function readU8(memory: GuestMemory, gpa: number): number | undefined {
  return memory.read(gpa, 1)?.[0];
}

export function writeU8(memory: GuestMemory, gpa: number, value: number): boolean {
  return memory.write(gpa, Uint8Array.of(value));
}

export function readU32(memory: GuestMemory, gpa: number): number | undefined {
  const bytes = memory.read(gpa, 4);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

export function writeU32(memory: GuestMemory, gpa: number, value: number): boolean {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return memory.write(gpa, bytes);
}

export function readU64(memory: GuestMemory, gpa: number): bigint | undefined {
  const bytes = memory.read(gpa, 8);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

export function writeU64(memory: GuestMemory, gpa: number, value: bigint): boolean {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return memory.write(gpa, bytes);
}

/** An address from a register as a number; one beyond 2^53 is no memory and becomes an address that cannot be. */
export function gpaOf(value: bigint): number {
  return value <= 0x1f_ffff_ffff_ffffn ? Number(value) : Number.MAX_SAFE_INTEGER;
}
