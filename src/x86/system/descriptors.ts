// Reading segment and gate descriptors from the GDT and LDT (SDM vol 3 ch. 3.4.5, 3.5, 5.8.3, 8.2.3).
import type { Cpu } from '../cpu';
import type { CpuFault } from '../fault';
import { Seg } from '../layout';
import type { SegmentRegister } from '../vcpu-state';
import { Access } from './bits';

/** A selector's error code: index and TI, with EXT in bit 0 (SDM vol 3 ch. 7.13). */
export const selectorError = (selector: number, ext = 0): number => (selector & 0xfffc) | ext;
export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;
export const rplOf = (selector: number): number => selector & 3;

export interface Descriptor {
  selector: number;
  /** Linear address of its first byte. */
  linear: bigint;
  /** Its eight bytes. */
  raw: bigint;
  /** Access rights as segment registers keep them. */
  access: number;
}

export const isSystem = (descriptor: Descriptor): boolean => (descriptor.access & Access.codeOrData) === 0;
export const typeOf = (descriptor: Descriptor): number => descriptor.access & Access.type;
export const isPresent = (descriptor: Descriptor): boolean => (descriptor.access & Access.present) !== 0;
export const isCode = (descriptor: Descriptor): boolean =>
  (descriptor.access & (Access.codeOrData | Access.code)) === (Access.codeOrData | Access.code);
export const isConforming = (descriptor: Descriptor): boolean => isCode(descriptor) && (descriptor.access & Access.conforming) !== 0;
export const isWritableData = (descriptor: Descriptor): boolean =>
  (descriptor.access & (Access.codeOrData | Access.code | Access.writable)) === (Access.codeOrData | Access.writable);

/** Linear address of a descriptor of `bytes` bytes, or undefined outside its table (or with no LDT). */
export function descriptorAddress(cpu: Cpu, selector: number, bytes = 8): bigint | undefined {
  const { state } = cpu;
  const offset = selector & 0xfff8;
  if (selector & 4) {
    const ldt = state.segment(Seg.ldtr);
    if (ldt.access & Access.unusable || offset + bytes - 1 > ldt.limit) return undefined;
    return ldt.base + BigInt(offset);
  }
  if (offset + bytes - 1 > state.u32('gdtrLimit')) return undefined;
  return state.u64('gdtrBase') + BigInt(offset);
}

/** The descriptor, or undefined outside its table. Reads as the system does: CPL does not matter. */
export function findDescriptor(cpu: Cpu, selector: number): Descriptor | undefined {
  const linear = descriptorAddress(cpu, selector);
  if (linear === undefined) return undefined;
  const raw = cpu.memory.read(linear, 8, 'system');
  return { selector, linear, raw, access: Number((raw >> 40n) & 0xf0ffn) };
}

export function readDescriptor(cpu: Cpu, selector: number, outside: (code: number) => CpuFault, ext = 0): Descriptor {
  const descriptor = findDescriptor(cpu, selector);
  if (!descriptor) throw outside(selectorError(selector, ext));
  return descriptor;
}

/** Upper eight bytes of a 16-byte system descriptor, or undefined outside the table. */
export function upperHalf(cpu: Cpu, descriptor: Descriptor): bigint | undefined {
  if (descriptorAddress(cpu, descriptor.selector, 16) === undefined) return undefined;
  return cpu.memory.read(descriptor.linear + 8n, 8, 'system');
}

// Fields are taken from the two halves as numbers: BigInt arithmetic would be most of the cost of an interrupt.
const lowHalf = (raw: bigint): number => Number(raw & 0xffff_ffffn);
const highHalf = (raw: bigint): number => Number((raw >> 32n) & 0xffff_ffffn);

const GRANULARITY = 1 << 23;
const baseOf = (low: number, high: number): bigint => BigInt(((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0);
function limitOf(low: number, high: number): number {
  const limit = (low & 0xffff) | (high & 0xf_0000);
  return high & GRANULARITY ? limit * 4096 + 4095 : limit;
}

/** What the segment register holds after loading the descriptor; its accessed bit counts as set. */
export function cacheOf(descriptor: Descriptor, selector = descriptor.selector): SegmentRegister {
  const access = descriptor.access & Access.codeOrData ? descriptor.access | Access.accessed : descriptor.access;
  const low = lowHalf(descriptor.raw);
  const high = highHalf(descriptor.raw);
  return { selector, access, limit: limitOf(low, high), base: baseOf(low, high) };
}

/** Sets the accessed bit in memory, if clear (SDM vol 3 ch. 3.4.5.1). To be called after all checks. */
export function markAccessed(cpu: Cpu, descriptor: Descriptor): void {
  if (descriptor.access & Access.accessed) return;
  const byte = (descriptor.raw >> 40n) & 0xffn;
  cpu.memory.write(descriptor.linear + 5n, 1, byte | BigInt(Access.accessed), 'system');
}

export interface Gate {
  selector: number;
  offset: bigint;
  /** Call gates of legacy modes: words or doublewords to copy. */
  parameters: number;
  ist: number;
  access: number;
}

/** Fields of a gate; `upper` is there in IA-32e mode only. */
export function decodeGate(raw: bigint, upper?: bigint): Gate {
  const low = lowHalf(raw);
  const high = highHalf(raw);
  const access = (high >>> 8) & 0xff;
  const wide = (access & 8) !== 0;
  const offset = BigInt(wide || upper !== undefined ? ((low & 0xffff) | (high & 0xffff_0000)) >>> 0 : low & 0xffff);
  return {
    selector: low >>> 16,
    offset: upper === undefined ? offset : offset | ((upper & 0xffff_ffffn) << 32n),
    parameters: high & 0x1f,
    ist: high & 7,
    access,
  };
}

/** A segment register that may not be used: a null selector was loaded. */
export const unusable = (selector: number, dpl = 0): SegmentRegister => ({
  selector,
  access: Access.unusable | (dpl << Access.dplShift),
  limit: 0,
  base: 0n,
});
