// What stop points beyond instructions and hypercalls wait for, and what a stop there says: memory that is touched, events of a vCPU. Plain, cloneable data.
import { EXIT_REASON_ROWS } from '../../trace/rows';

/** 'change': a write that leaves another value there. */
export type DataAccess = 'read' | 'write' | 'change' | 'access';

/** fault: an exception, before it is delivered. interrupt: also NMI and INT n. exit: a VM exit, behind it. msr, port: before the instruction. */
export const EVENT_CLASSES = ['fault', 'interrupt', 'exit', 'msr', 'port'] as const;
export type EventClass = (typeof EVENT_CLASSES)[number];

/** A watched place was touched. */
export interface DataTouch {
  id: number;
  write: boolean;
  /** By a device, the hypervisor or the user, not by an instruction. */
  byHost: boolean;
  /** Of the instruction. */
  rip: bigint;
  /** Where `before` and `after` begin, in the point's own space; of a long place only what was touched. */
  address: bigint;
  /** null: no RAM. */
  before: Uint8Array | null;
  after: Uint8Array | null;
}

/** What a condition can use of it: the values as numbers where they are small enough. */
export function touchFields({ address, write, before, after }: DataTouch): Record<string, bigint> {
  const fields: Record<string, bigint> = { address, write: write ? 1n : 0n };
  if (before !== null && before.length <= 8) fields.before = littleEndianNumber(before);
  if (after !== null && after.length <= 8) fields.after = littleEndianNumber(after);
  return fields;
}
const littleEndianNumber = (bytes: Uint8Array): bigint => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

export interface StopEvent {
  class: EventClass;
  /** "#PF", "NMI", "io", "IA32_EFER": what a condition calls `name`. */
  name: string;
  /** Numbers that a condition can use, by name. */
  fields: Record<string, bigint>;
  rip: bigint;
  /** It is still to come: RIP is the instruction's. */
  before: boolean;
}

/** Names of `fields`, by class. */
export const EVENT_FIELDS: Readonly<Record<EventClass | 'data', readonly string[]>> = {
  fault: ['vector', 'code', 'address', 'cpl'],
  interrupt: ['vector', 'cpl'],
  exit: [...new Set(['a0', 'a1', 'a2', 'result', 'cpl', ...EXIT_REASON_ROWS.flatMap(({ args }) => args.map(({ name }) => name))])],
  msr: ['msr', 'value', 'write', 'cpl'],
  port: ['port', 'size', 'value', 'write', 'cpl'],
  data: ['before', 'after', 'address', 'write'],
};
