// The debugger's view of memory: by linear or physical address, page by page, without filling a TLB or setting accessed and dirty bits.
import type { CpuEngine, VmMemory } from '../engine/cpu-engine';
import { PAGE_SIZE } from '../x86/layout';

/** A linear page's guest-physical address, or undefined. */
export type Translate = (linear: bigint) => number | undefined;

/** Calls `piece` for each part of [address, address + length) that lies in one page; stops where it gives false. Returns the bytes done. */
function byPages(
  address: bigint,
  length: number,
  translate: Translate,
  piece: (gpa: number, at: number, length: number) => boolean,
): number {
  let done = 0;
  while (done < length) {
    const here = BigInt.asUintN(64, address + BigInt(done));
    const part = Math.min(length - done, PAGE_SIZE - Number(here & BigInt(PAGE_SIZE - 1)));
    const gpa = translate(here);
    if (gpa === undefined || !piece(gpa, done, part)) break;
    done += part;
  }
  return done;
}

/** As many bytes as are readable from the start. */
export function readBytes(engine: CpuEngine, address: bigint, length: number, translate: Translate): Uint8Array {
  const bytes = new Uint8Array(length);
  const done = byPages(address, length, translate, (gpa, at, part) => {
    const read = engine.memory.read(gpa, part);
    if (read !== undefined) bytes.set(read, at);
    return read !== undefined;
  });
  return bytes.subarray(0, done);
}

/** Bytes written from the start. */
export function writeBytes(engine: { memory: Pick<VmMemory, 'write'> }, address: bigint, bytes: Uint8Array, translate: Translate): number {
  return byPages(address, bytes.length, translate, (gpa, at, part) => engine.memory.write(gpa, bytes.subarray(at, at + part)));
}

const PHYSICAL_LIMIT = 1n << 52n;
export const physical: Translate = (address) => (address < PHYSICAL_LIMIT ? Number(address) : undefined);

export const linearOf =
  (engine: CpuEngine, vcpu: number): Translate =>
  (linear) =>
    engine.translate(vcpu, linear)?.gpa;

export function readUnsigned(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
