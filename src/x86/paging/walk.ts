// One page walk described step by step, without side effects: no TLB, no accessed or dirty bits (SDM vol 3 ch. 5). The shapes are those of machine/control.
import type { PhysicalMemory } from '../cpu';
import { ENTRY_BITS, type EntryKind } from './entry-bits.rows';
import {
  ALL_RIGHTS,
  entrySize,
  isCanonicalFor,
  kindOf,
  LEVELS,
  type Level,
  type PagingMode,
  type PagingRegisters,
  pagingMode,
  reservedBits,
  restrict,
  rootOf,
  targetOf,
} from './levels';

export interface WalkBit {
  name: string;
  bit: number;
  width: number;
  value: number;
  meaning: string;
}
export interface WalkStep {
  name: string;
  entryGpa: number;
  value: bigint;
  size: 4 | 8;
  index: number;
  outcome: 'table' | 'page' | 'not-present' | 'reserved-bits' | 'unreadable';
  bits: WalkBit[];
}
export interface WalkResult {
  gpa: number;
  pageSize: number;
  writable: boolean;
  user: boolean;
  executable: boolean;
  global: boolean;
  accessed: boolean;
  dirty: boolean;
  ram: boolean;
}
export interface Walk {
  linear: bigint;
  mode: PagingMode;
  cr3: bigint;
  steps: WalkStep[];
  result: WalkResult | null;
  problem: string | null;
}

/** Physical memory that can say where RAM is. */
export interface WalkMemory extends Pick<PhysicalMemory, 'read32' | 'read64'> {
  isRam(gpa: number): boolean;
}

function describe(kind: EntryKind, value: bigint): WalkBit[] {
  return ENTRY_BITS[kind].map(({ name, bit, width, meaning }) => {
    const raw = (value >> BigInt(bit)) & ((1n << BigInt(width)) - 1n);
    const text = typeof meaning === 'string' ? meaning : raw === 0n ? meaning[0] : meaning[1];
    // An address field is shown as the address it gives.
    return { name, bit, width, value: name === 'address' ? Number(raw << BigInt(bit)) : Number(raw), meaning: text };
  });
}

export interface Entry {
  gpa: number;
  value: bigint;
  kind: EntryKind;
  outcome: WalkStep['outcome'];
}

/** One entry: where it is, what it holds and what comes of it. PAE PDPTEs come from the registers, if given. */
export function readEntry(
  memory: WalkMemory,
  registers: PagingRegisters,
  mode: PagingMode,
  level: Level,
  table: number,
  index: number,
): Entry {
  const size = entrySize(mode);
  const gpa = table + index * size;
  const cached = level.table === 'pdpte-pae' ? registers.pdptes?.[index] : undefined;
  if (cached === undefined && !memory.isRam(gpa)) {
    return { gpa, value: 0n, kind: level.table ?? (level.page as EntryKind), outcome: 'unreadable' };
  }
  const value = cached ?? (size === 4 ? BigInt(memory.read32(gpa) >>> 0) : memory.read64(gpa));
  const kind = kindOf(level, value, registers, mode);
  if (!(value & 1n)) return { gpa, value, kind, outcome: 'not-present' };
  if (value & reservedBits(kind, registers, mode)) return { gpa, value, kind, outcome: 'reserved-bits' };
  return { gpa, value, kind, outcome: kind === level.table ? 'table' : 'page' };
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

function explain(step: WalkStep, kind: EntryKind, registers: PagingRegisters, mode: PagingMode): string {
  const where = `${step.name} ${step.index} at ${hex(step.entryGpa)}`;
  if (step.outcome === 'not-present') return `${where} is not present`;
  if (step.outcome === 'unreadable') return `${where} is not in RAM`;
  return `${where} has reserved bits set: ${hex(step.value & reservedBits(kind, registers, mode))}`;
}

export const indexOf = (level: Level, linear: bigint): number =>
  Number((linear >> BigInt(level.shift)) & ((1n << BigInt(level.bits)) - 1n));

export function walk(memory: WalkMemory, registers: PagingRegisters, address: bigint): Walk {
  const mode = pagingMode(registers);
  const linear = BigInt.asUintN(64, address);
  const answer: Walk = { linear, mode, cr3: registers.cr3, steps: [], result: null, problem: null };
  if (mode === 'none') {
    const gpa = Number(linear & 0xffff_ffffn);
    const pageSize = 4096;
    answer.result = { gpa, pageSize, ...ALL_RIGHTS, global: false, accessed: false, dirty: false, ram: memory.isRam(gpa) };
    return answer;
  }
  if (!isCanonicalFor(mode, linear)) {
    answer.problem =
      mode === '4-level' || mode === '5-level'
        ? `${hex(linear)} is not canonical`
        : `${hex(linear)} is above 4 GiB, where ${mode} paging ends`;
    return answer;
  }
  let table = rootOf(mode, registers.cr3);
  let rights = ALL_RIGHTS;
  for (const level of LEVELS[mode]) {
    const index = indexOf(level, linear);
    const entry = readEntry(memory, registers, mode, level, table, index);
    const { gpa, value, kind, outcome } = entry;
    const step: WalkStep = { name: level.name, entryGpa: gpa, value, size: entrySize(mode), index, outcome, bits: describe(kind, value) };
    answer.steps.push(step);
    if (outcome !== 'table' && outcome !== 'page') {
      answer.problem = explain(step, kind, registers, mode);
      return answer;
    }
    rights = restrict(rights, kind, value);
    const target = targetOf(kind, value);
    if (outcome === 'table') {
      table = target;
      continue;
    }
    const pageSize = 2 ** level.shift;
    const physical = target + Number(linear & BigInt(pageSize - 1));
    answer.result = { gpa: physical, pageSize, ...rights, ...pageFlags(value), ram: memory.isRam(physical) };
    return answer;
  }
  return answer;
}

export const pageFlags = (value: bigint): { global: boolean; accessed: boolean; dirty: boolean } => ({
  global: (value & 0x100n) !== 0n,
  accessed: (value & 0x20n) !== 0n,
  dirty: (value & 0x40n) !== 0n,
});
