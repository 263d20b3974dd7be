// The descriptor tables of one vCPU, read where its registers say they are: GDT, LDT, and the IDT or the real-mode vectors.
import type { RegisterFile } from '../../machine/control/types';
import { type Descriptor, decodeDescriptor, decodeGate, decodeVector, descriptorSize, numberOf } from './descriptor';

/** Linear memory; as many bytes as can be read from the start. */
export type ReadLinear = (address: bigint, length: number) => Promise<Uint8Array>;

export interface TableEntry {
  /** Entry of 8 bytes in the GDT and LDT; vector in the IDT. */
  readonly index: number;
  readonly descriptor: Descriptor;
}

export interface DescriptorTable {
  readonly name: 'GDT' | 'LDT' | 'IDT' | 'IVT';
  readonly base: bigint;
  /** Offset of the last byte. */
  readonly limit: number;
  /** Bytes of it that cannot be read, at its end. */
  readonly missing: number;
  /** All but those that are zero. */
  readonly entries: readonly TableEntry[];
  /** Entries in all. */
  readonly count: number;
}

const UNUSABLE = 0x10000n;
const VECTORS = 256;
const EFER_LMA = 0x400n;
const CR0_PE = 1n;

export const isIa32e = ({ values }: RegisterFile): boolean => ((values.efer ?? 0n) & EFER_LMA) !== 0n;
export const isProtected = ({ values }: RegisterFile): boolean => ((values.cr0 ?? 0n) & CR0_PE) !== 0n;

export async function descriptorTables(file: RegisterFile, read: ReadLinear): Promise<DescriptorTable[]> {
  const { values } = file;
  const ia32e = isIa32e(file);
  const at = (name: string) => ({ base: values[`${name}.base`] ?? 0n, limit: Number(values[`${name}.limit`] ?? 0n) });
  const tables = [await segmentTable('GDT', at('gdtr'), ia32e, read)];
  const hasLdt = ((values['ldtr.access'] ?? UNUSABLE) & UNUSABLE) === 0n && ((values.ldtr ?? 0n) & 0xfffcn) !== 0n;
  if (hasLdt) tables.push(await segmentTable('LDT', at('ldtr'), ia32e, read));
  tables.push(await vectorTable(at('idtr'), isProtected(file) ? (ia32e ? 16 : 8) : 4, read));
  return tables;
}

interface Place {
  readonly base: bigint;
  readonly limit: number;
}

async function segmentTable(name: 'GDT' | 'LDT', { base, limit }: Place, ia32e: boolean, read: ReadLinear): Promise<DescriptorTable> {
  // No selector reaches beyond 64 KiB.
  const wanted = Math.min(limit, 0xffff) + 1;
  const bytes = await read(base, wanted);
  const entries: TableEntry[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const low = numberOf(bytes.subarray(at, at + 8));
    const size = at + 16 <= bytes.length ? descriptorSize(low, ia32e) : 8;
    if (low !== 0n) entries.push({ index: at / 8, descriptor: decodeDescriptor(numberOf(bytes.subarray(at, at + size)), ia32e) });
    at += size;
  }
  return { name, base, limit, missing: wanted - bytes.length, entries, count: Math.floor(wanted / 8) };
}

async function vectorTable({ base, limit }: Place, size: 4 | 8 | 16, read: ReadLinear): Promise<DescriptorTable> {
  const wanted = Math.min(limit + 1, VECTORS * size);
  const bytes = await read(base, wanted);
  const entries: TableEntry[] = [];
  for (let index = 0; (index + 1) * size <= bytes.length; index++) {
    const raw = numberOf(bytes.subarray(index * size, (index + 1) * size));
    if (raw !== 0n) entries.push({ index, descriptor: size === 4 ? decodeVector(raw) : decodeGate(raw, size === 16) });
  }
  return { name: size === 4 ? 'IVT' : 'IDT', base, limit, missing: wanted - bytes.length, entries, count: Math.floor(wanted / size) };
}

/** What a selector names; undefined: null, outside of its table, or zero. */
export function descriptorOf(selector: number, tables: readonly DescriptorTable[]): Descriptor | undefined {
  const table = tables.find(({ name }) => name === (selector & 4 ? 'LDT' : 'GDT'));
  return table?.entries.find(({ index }) => index === selector >> 3)?.descriptor;
}

/** Linear address of the code that a gate leads to; undefined where its segment is none. */
export function handlerOf({ kind, size, gate }: Descriptor, tables: readonly DescriptorTable[]): bigint | undefined {
  if (!gate || kind === 'task-gate') return undefined;
  if (kind === 'vector') return BigInt(gate.selector * 16) + gate.offset;
  if (size === 16) return gate.offset;
  const base = descriptorOf(gate.selector, tables)?.segment?.base;
  return base === undefined ? undefined : BigInt.asUintN(32, base + gate.offset);
}
