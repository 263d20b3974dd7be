// Forms: a row at one operand size with its ModRM.rm in a register or in memory is one handler. Rows whose forms do the same share it.
import { assert } from '../base/assert';
import type { OperandBytes } from '../x86/emit/context';
import type { Emit, InsnRow, OperandSpec } from '../x86/insn/row';
import { sizeClassOf } from '../x86/insn/row';
import { Gpr, Seg } from '../x86/layout';
import { gprSlot, selectorSlot } from './slots';

/** Where an operand of a form is found. */
export type Role =
  | { at: 'a' | 'b' | 'vvvv' | 'is4'; bytes: OperandBytes }
  | { at: 'memory'; bytes: OperandBytes }
  | { at: 'imm'; bytes: OperandBytes }
  | { at: 'imm64'; bytes: OperandBytes }
  | { at: 'fixed'; address: number; bytes: OperandBytes }
  | { at: 'one'; bytes: OperandBytes }
  | { at: 'rel'; bytes: OperandBytes };

/** register: none in memory; base: base + disp; index: base + (index << scale) + disp. */
export type MemoryForm = 'register' | 'base' | 'index';
export type BranchForm = 'linked' | 'looked-up';

export interface Form {
  key: string;
  name: string;
  emit: Emit;
  size: OperandBytes;
  memory: MemoryForm;
  branch: BranchForm;
  roles: readonly Role[];
  /** The record's a and b are ModRM.rm and ModRM.reg instead of the other way round. */
  swapped: boolean;
  /** May work on vector registers. */
  vectors: boolean;
}

const FIXED: Readonly<Partial<Record<OperandSpec['kind'], { address: number; bytes: OperandBytes }>>> = {
  cl: { address: gprSlot(Gpr.rcx), bytes: 1 },
  dx: { address: gprSlot(Gpr.rdx), bytes: 2 },
  ah: { address: gprSlot(Gpr.rax) + 1, bytes: 1 },
  es: { address: selectorSlot(Seg.es), bytes: 4 },
  cs: { address: selectorSlot(Seg.cs), bytes: 4 },
  ss: { address: selectorSlot(Seg.ss), bytes: 4 },
  ds: { address: selectorSlot(Seg.ds), bytes: 4 },
  fs: { address: selectorSlot(Seg.fs), bytes: 4 },
  gs: { address: selectorSlot(Seg.gs), bytes: 4 },
};

function bytesOf(operand: OperandSpec, size: OperandBytes): OperandBytes {
  if (operand.size === 'v' || operand.size === 'y' || operand.size === 0) return size;
  return operand.size;
}

const usesRm = (kind: OperandSpec['kind']): boolean =>
  kind === 'rm' ||
  kind === 'm' ||
  kind === 'R' ||
  kind === 'o' ||
  kind === 'xm' ||
  kind === 'X' ||
  kind === 'qm' ||
  kind === 'Q' ||
  kind === 'st';

/** The accumulator takes the place of ModRM.rm where there is none, or of ModRM.reg beside a memory offset; elsewhere it is fixed. */
function accumulatorRole(row: InsnRow): 'a' | 'b' | 'fixed' {
  if (row.operands.some((o) => o.kind === 'moffs')) return 'a';
  return row.operands.some((o) => usesRm(o.kind)) ? 'fixed' : 'b';
}

function roleOf(row: InsnRow, operand: OperandSpec, size: OperandBytes, inMemory: boolean): Role {
  const bytes = bytesOf(operand, size);
  const fixed = FIXED[operand.kind];
  if (fixed) return { at: 'fixed', ...fixed };
  switch (operand.kind) {
    case 'r':
    case 'x':
    case 'q':
    case 'creg':
    case 'dreg':
      return { at: 'a', bytes };
    case 'vr':
    case 'vx':
      return { at: 'vvvv', bytes };
    case 'ix':
      return { at: 'is4', bytes };
    case 'sreg':
      return { at: 'a', bytes: 4 };
    case 'rm':
    case 'xm':
    case 'qm':
      return inMemory ? { at: 'memory', bytes } : { at: 'b', bytes };
    case 'm':
    case 'moffs':
      return { at: 'memory', bytes };
    case 'o':
    case 'R':
    case 'X':
    case 'Q':
    case 'st':
      return { at: 'b', bytes };
    case 'a': {
      const at = accumulatorRole(row);
      return at === 'fixed' ? { at, address: gprSlot(Gpr.rax), bytes } : { at, bytes };
    }
    case 'imm':
    case 'imms':
    case 'immu':
      return row.encoding.endsWith(' iv') && size === 8 ? { at: 'imm64', bytes } : { at: 'imm', bytes };
    case 'one':
      return { at: 'one', bytes };
    case 'rel':
      return { at: 'rel', bytes };
    default:
      assert(false, `operand ${operand.kind} of ${row.name} has no role in emitted code`);
  }
}

export const hasRel = (row: InsnRow): boolean => row.operands.some((o) => o.kind === 'rel');
const canBeMemory = (row: InsnRow): boolean =>
  row.operands.some((o) => o.kind === 'rm' || o.kind === 'xm' || o.kind === 'qm' || o.kind === 'm' || o.kind === 'moffs');
const canBeRegister = (row: InsnRow): boolean => !row.operands.some((o) => o.kind === 'm' || o.kind === 'moffs');

export function formOf(row: InsnRow, size: OperandBytes, memory: MemoryForm, branch: BranchForm): Form {
  assert(row.emit, `${row.name} is emitted`);
  const roles = row.operands.map((operand) => roleOf(row, operand, size, memory !== 'register'));
  const swapped = roles.length >= 2 && roles[0]!.at === 'a' && roles[1]!.at === 'b';
  if (swapped) {
    roles[0] = { at: 'b', bytes: roles[0]!.bytes };
    roles[1] = { at: 'a', bytes: roles[1]!.bytes };
  }
  const text = roles.map((role) => `${role.at === 'fixed' ? `fixed${role.address}` : role.at}${role.bytes}`).join();
  const key = `${row.name} ${size} ${memory} ${hasRel(row) ? branch : '-'} ${text}`;
  return { key, name: row.name, emit: row.emit, size, memory, branch, roles, swapped, vectors: row.unit !== undefined };
}

/** Operand sizes in which a row occurs. */
export function sizesOf(row: InsnRow): readonly OperandBytes[] {
  const size = sizeClassOf(row);
  switch (size) {
    case 'v':
    case 'd64':
    case 'f64':
    case 'address':
    case 'none':
      return [2, 4, 8];
    case 'y':
      return [4, 8];
    default:
      return [size];
  }
}

export function memoryFormsOf(row: InsnRow): readonly MemoryForm[] {
  const forms: MemoryForm[] = [];
  if (canBeRegister(row)) forms.push('register');
  if (canBeMemory(row)) forms.push('base', 'index');
  return forms;
}
