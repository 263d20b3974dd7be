// The shapes in which symbols answer. Addresses are the guest's: the file's plus its slide. Paths are resolved and mapped.

import type { AddressRange } from './dwarf/ranges';
import type { Variable } from './variable';

export type { AddressRange } from './dwarf/ranges';

export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  /** From 1; 0 when the compiler wrote none. */
  readonly column: number;
}

export interface LineEntry extends SourcePosition {
  /** Recommended for breakpoints: a step that reaches `start` of such an entry has reached a new statement. */
  readonly isStmt: boolean;
  /** The row's own range [start, end); a line has several. */
  readonly start: bigint;
  readonly end: bigint;
}

export interface SymbolPlace {
  readonly name: string;
  readonly address: bigint;
  /** From the symbol's start. */
  readonly offset: bigint;
  /** First address behind the symbol. */
  readonly end: bigint;
  readonly isFunction: boolean;
}

export interface FunctionInfo {
  readonly name: string;
  /** The name the linker knows, where it differs. */
  readonly linkageName: string | undefined;
  /** The range that is entered comes first; a split-off cold part follows. */
  readonly ranges: readonly AddressRange[];
  readonly lowAddress: bigint;
  /** Behind the prologue: where a function breakpoint goes. */
  readonly breakpointAddress: bigint;
  readonly declaration: SourcePosition | undefined;
  /** False for a function known only from the ELF symbol table. */
  readonly hasDebugInfo: boolean;
}

/** One call as a person sees it; several share one physical frame when calls were inlined. */
export interface LogicalFrame {
  readonly name: string;
  readonly inlined: boolean;
  /** The concrete function around it. */
  readonly function: FunctionInfo;
  /** Where execution stands in this call: the address's line in the innermost one, the inner call's place in outer ones. */
  readonly position: SourcePosition | undefined;
  /** For an inlined call: where its caller calls it. */
  readonly callSite: SourcePosition | undefined;
  /** For an inlined call: the code of this copy. */
  readonly ranges: readonly AddressRange[];
  /** Parameters and locals visible at the address, innermost scope first. */
  variables(): readonly Variable[];
}

export interface BreakpointLocation {
  readonly address: bigint;
  readonly file: string;
  /** The line that has the code, which may be a later one than asked for. */
  readonly line: number;
  readonly column: number;
  readonly functionName: string | undefined;
  /** In an inlined copy of its function. */
  readonly inlined: boolean;
}

export interface LineBreakpoints {
  /** The line really used; undefined when the file has no code at or behind the wanted line. */
  readonly line: number | undefined;
  readonly locations: readonly BreakpointLocation[];
  /** Why there are none, and what to do. */
  readonly reason: string | undefined;
}
