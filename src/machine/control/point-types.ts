// Stop points: where, under which condition, and what they log instead of stopping. Plain, structured-cloneable data.
import type { DataAccess, EventClass } from './stop-types';

/** A small expression program, run in the engine's thread when a stop point is reached (conditions, hit counts, log points). Stack machine over unsigned 64-bit values. */
export type ProgramOp =
  | { op: 'const'; value: bigint }
  /** Any name of RegisterFile.values ("rax", "cr3", "cs.base", "cpl"). */
  | { op: 'register'; name: string }
  /** Pops an address, pushes the zero- or sign-extended value; unreadable memory ends the program as "false". */
  | { op: 'load'; space: 'virtual' | 'physical'; size: 1 | 2 | 4 | 8; signed: boolean }
  | { op: 'binary'; operator: BinaryOperator }
  | { op: 'unary'; operator: 'neg' | 'not' | 'lnot' }
  /** Truncates and zero- or sign-extends. */
  | { op: 'extend'; size: 1 | 2 | 4 | 8; signed: boolean }
  /** Field of the hypercall at hand: its number, argument n, or whether its name is the given one. */
  | { op: 'hypercall'; field: 'nr' | 'a0' | 'a1' | 'a2' | 'a3' | 'a4' | 'cpl' }
  | { op: 'hypercall-name-is'; name: string }
  /** A number of the event or touch at hand. */
  | { op: 'event'; field: string }
  /** Without regard to case and a leading "#". */
  | { op: 'event-name-is'; name: string }
  | { op: 'dup' }
  | { op: 'drop' }
  | { op: 'select' };
export type BinaryOperator =
  | 'add'
  | 'sub'
  | 'mul'
  | 'divu'
  | 'divs'
  | 'modu'
  | 'mods'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shru'
  | 'shrs'
  | 'eq'
  | 'ne'
  | 'ltu'
  | 'lts'
  | 'leu'
  | 'les'
  | 'gtu'
  | 'gts'
  | 'geu'
  | 'ges';
export type Program = readonly ProgramOp[];

export interface LogPart {
  text?: string;
  /** Prints the program's value; `format` as in printf without the percent sign. */
  program?: Program;
  format?: 'd' | 'u' | 'x' | 's';
}

/** `multiple`: every so many times. */
export interface HitRule {
  compare: 'equal' | 'below' | 'at-most' | 'above' | 'at-least' | 'multiple';
  count: number;
}

export interface StopPointSpec {
  id: number;
  where:
    | { kind: 'linear'; address: bigint }
    | { kind: 'physical'; address: number }
    /** `interface` and `nr` undefined: every hypercall. Stops before the handler runs, RIP at the instruction. */
    | { kind: 'hypercall'; interface?: string; nr?: number }
    /** Stops behind the instruction that touched it. */
    | { kind: 'data'; space: 'linear' | 'physical'; address: bigint; length: number; access: DataAccess }
    | { kind: 'event'; class: EventClass };
  vm: number;
  /** Only this vCPU. */
  vcpu?: number;
  /** Stop only where it yields non-zero. */
  condition?: Program;
  /** Go on this many times where the condition holds, then stop. */
  ignoreCount?: number;
  /** Stop at these of the times that the condition holds. */
  hits?: HitRule;
  /** The id of the point whose count this one shares: one breakpoint may lie at several places. */
  countsWith?: number;
  /** Log instead of stopping. */
  log?: readonly LogPart[];
  /** Met, too, where an instruction that was interrupted after it had passed goes on: for places to run to. */
  again?: boolean;
  /** Removed when any stop happens (step over, run to cursor). */
  temporary?: boolean;
}
