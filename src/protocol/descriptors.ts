// The Descriptors panel's request: the descriptor tables, segment registers and task-state segment of one vCPU.
import type { Hex } from './wire';

export interface DescriptorRow {
  /** Entry of the GDT or LDT; vector of the IDT. */
  index: number;
  /** Of the GDT or LDT. */
  selector: number | null;
  /** The vector's name, or which registers hold the selector. */
  name: string;
  kind: string;
  /** As the SDM names it. */
  type: string;
  dpl: number;
  present: boolean;
  flags: string[];
  base: Hex | null;
  limit: Hex | null;
  gate: {
    selector: number;
    offset: Hex;
    ist: number | null;
    count: number | null;
    /** Linear; null: its segment is no code. */
    handler: Hex | null;
    symbol: string;
    path: string | null;
    line: number | null;
  } | null;
  raw: Hex;
  /** At the stop before, where it has changed. */
  before: Hex | null;
}

export interface DescriptorTableAnswer {
  name: 'GDT' | 'LDT' | 'IDT' | 'IVT';
  base: Hex;
  limit: number;
  /** Bytes at its end that cannot be read. */
  missing: number;
  count: number;
  /** All but those that are zero; at most 1024, `more` are left out. */
  rows: DescriptorRow[];
  more: number;
}

interface SegmentParts {
  base: Hex;
  limit: Hex;
  access: Hex;
  text: string;
}

export interface SegmentRow {
  name: string;
  selector: number;
  usable: boolean;
  hidden: SegmentParts;
  memory: SegmentParts | null;
  differences: ('base' | 'limit' | 'access')[];
  reason: 'same' | 'null' | 'nothing' | 'msr' | 'real' | 'differs';
  changed: boolean;
}

export interface TssAnswer {
  bits: 16 | 32 | 64;
  base: Hex;
  limit: Hex;
  fields: { name: string; offset: number; value: Hex | null; symbol: string; before: Hex | null }[];
  ioMap: { allowed: { from: number; to: number }[]; missing: 'no-map' | 'unreadable' | null };
}

export interface DescriptorsAnswer {
  vcpu: number;
  mode: string;
  tables: DescriptorTableAnswer[];
  segments: SegmentRow[];
  tss: TssAnswer | null;
}
