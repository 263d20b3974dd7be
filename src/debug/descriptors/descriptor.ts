// One entry of a descriptor table, decoded (SDM vol 3, 3.4.5, 3.5, 5.8.3, 6.11, 6.14.1, 7.2.2, 7.2.3; the real-mode vector: 21.1.4).
import { type DescriptorKind, SEGMENT_TYPES, SYSTEM_TYPES_32, SYSTEM_TYPES_64 } from './types.rows';

export interface Descriptor {
  readonly kind: DescriptorKind;
  /** As the SDM's tables name the type. */
  readonly typeName: string;
  /** Little-endian number of `size` bytes. */
  readonly raw: bigint;
  readonly size: 4 | 8 | 16;
  readonly dpl: number;
  readonly present: boolean;
  /** Bits that are set: "G", "D", "B", "L", "AVL", "A". */
  readonly flags: readonly string[];
  /** Of a segment. The limit is its last byte's offset. */
  readonly segment: { readonly base: bigint; readonly limit: bigint; readonly access: number } | undefined;
  readonly gate: Gate | undefined;
}

export interface Gate {
  readonly selector: number;
  readonly offset: bigint;
  /** Interrupt stack table index; 64-bit gates only. */
  readonly ist: number | undefined;
  /** Parameters a call gate copies. */
  readonly count: number | undefined;
}

export function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

const field = (raw: bigint, low: number, bits: number): number => Number((raw >> BigInt(low)) & ((1n << BigInt(bits)) - 1n));
const flag = (raw: bigint, bit: number, name: string): string[] => (field(raw, bit, 1) ? [name] : []);

/** Bytes of the descriptor whose first half this is. */
export function descriptorSize(low: bigint, ia32e: boolean): 8 | 16 {
  return field(low, 44, 1) === 0 && ia32e ? (SYSTEM_TYPES_64[field(low, 40, 4)]?.size ?? 8) : 8;
}

/** A segment descriptor, a system descriptor, or a gate. `raw` has 16 bytes where descriptorSize says so. */
export function decodeDescriptor(raw: bigint, ia32e: boolean): Descriptor {
  const type = field(raw, 40, 4);
  const size = descriptorSize(raw, ia32e);
  const common = { raw, size, dpl: field(raw, 45, 2), present: field(raw, 47, 1) === 1 };
  if (field(raw, 44, 1) === 1) {
    const isCode = (type & 8) !== 0;
    const flags = [
      ...flag(raw, 55, 'G'),
      ...flag(raw, 54, isCode ? 'D' : 'B'),
      ...(isCode ? flag(raw, 53, 'L') : []),
      ...flag(raw, 52, 'AVL'),
      ...flag(raw, 40, 'A'),
    ];
    return {
      kind: isCode ? 'code' : 'data',
      typeName: SEGMENT_TYPES[type >> 1] ?? '',
      ...common,
      flags,
      segment: segmentOf(raw),
      gate: undefined,
    };
  }
  const system = (ia32e ? SYSTEM_TYPES_64 : SYSTEM_TYPES_32)[type] ?? { kind: 'reserved', name: 'Reserved' };
  const row = { kind: system.kind, typeName: system.name, ...common };
  if (system.kind === 'tss' || system.kind === 'ldt')
    return { ...row, flags: [...flag(raw, 55, 'G'), ...flag(raw, 52, 'AVL')], segment: segmentOf(raw), gate: undefined };
  return { ...row, flags: [], segment: undefined, gate: system.kind === 'reserved' ? undefined : gateOf(raw, system.kind, type, size) };
}

function segmentOf(raw: bigint): NonNullable<Descriptor['segment']> {
  const units = field(raw, 0, 16) | (field(raw, 48, 4) << 16);
  const limit = field(raw, 55, 1) ? (BigInt(units) << 12n) | 0xfffn : BigInt(units);
  const low = BigInt(field(raw, 16, 24)) | (BigInt(field(raw, 56, 8)) << 24n);
  const base = low | (((raw >> 64n) & 0xffff_ffffn) << 32n);
  return { base, limit, access: field(raw, 40, 8) | (field(raw, 52, 4) << 12) };
}

function gateOf(raw: bigint, kind: DescriptorKind, type: number, size: number): Gate {
  const selector = field(raw, 16, 16);
  if (kind === 'task-gate') return { selector, offset: 0n, ist: undefined, count: undefined };
  const is16 = type < 8;
  const high = is16 ? 0n : BigInt(field(raw, 48, 16)) << 16n;
  const offset = BigInt(field(raw, 0, 16)) | high | (((raw >> 64n) & 0xffff_ffffn) << 32n);
  const isCall = kind === 'call-gate';
  return {
    selector,
    offset,
    ist: size === 16 && !isCall ? field(raw, 32, 3) : undefined,
    count: isCall && size === 8 ? field(raw, 32, 5) : undefined,
  };
}

/** A gate of the IDT: there every entry has the same size, whatever its type is. */
export function decodeGate(raw: bigint, ia32e: boolean): Descriptor {
  const decoded = decodeDescriptor(raw, ia32e);
  const isGate = decoded.kind === 'task-gate' || decoded.kind === 'interrupt-gate' || decoded.kind === 'trap-gate';
  const size = ia32e ? 16 : 8;
  return isGate ? decoded : { ...decoded, kind: 'reserved', typeName: 'Reserved', size, flags: [], segment: undefined, gate: undefined };
}

/** An entry of the interrupt vector table of real-address mode. */
export function decodeVector(raw: bigint): Descriptor {
  const gate = { selector: field(raw, 16, 16), offset: BigInt(field(raw, 0, 16)), ist: undefined, count: undefined };
  return { kind: 'vector', typeName: 'Real-mode vector', raw, size: 4, dpl: 0, present: true, flags: [], segment: undefined, gate };
}
