// A breakpoint as a person set it: its id stays the same while it moves, is confirmed, or the guest is restarted.
import type { DataAccess, EventClass } from '../../machine/control/stop-types';
import type { HitRule } from '../../machine/control/types';
import type { LogPiece } from './log-message';

export type BreakpointSubject =
  | { readonly kind: 'source'; readonly path: string; readonly line: number }
  /** `name` may have * and ? in it. */
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'instruction'; readonly address: bigint }
  /** Code at a guest-physical address, wherever it is mapped. */
  | { readonly kind: 'physical'; readonly address: bigint }
  | DataSubject
  | { readonly kind: 'event'; readonly class: EventClass }
  /** `name` undefined: every hypercall. */
  | { readonly kind: 'hypercall'; readonly name: string | undefined };

export interface DataSubject {
  readonly kind: 'data';
  readonly space: 'linear' | 'physical';
  readonly address: bigint;
  readonly length: number;
  readonly access: DataAccess;
  /** What a person called it. */
  readonly label: string;
}

/** What the place is taken for when it is set: its linear address, the physical one behind it, or its linear address in the page tables of now. */
export const BREAKPOINT_MODES = ['virtual', 'physical', 'address-space'] as const;
export type BreakpointMode = (typeof BREAKPOINT_MODES)[number];

export interface BreakpointOptions {
  readonly mode?: BreakpointMode | undefined;
  readonly condition?: string | undefined;
  readonly hitCondition?: string | undefined;
  readonly logMessage?: string | undefined;
}

export interface ResolvedPlace {
  readonly address: bigint;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
}

export class Breakpoint {
  verified = false;
  /** Why it is not, or what is to be known about it. */
  message: string | undefined;
  /** Linked addresses; empty for hypercalls. */
  places: readonly ResolvedPlace[] = [];
  // What the engine's thread cannot decide by itself: a condition, and then the count of the times that it holds; the text of a log message.
  lateHits = 0;
  lateHitRule: HitRule | undefined;
  lateCondition: string | undefined;
  lateLog: readonly LogPiece[] | undefined;

  constructor(
    readonly id: number,
    readonly subject: BreakpointSubject,
    readonly options: BreakpointOptions,
  ) {}

  /** Same place, whatever its conditions: it keeps its id. */
  isAt(subject: BreakpointSubject): boolean {
    return subjectKey(subject) === subjectKey(this.subject);
  }
}

export function subjectKey(subject: BreakpointSubject): string {
  switch (subject.kind) {
    case 'source':
      return `${subject.path}:${subject.line}`;
    case 'function':
      return subject.name;
    case 'instruction':
      return subject.address.toString(16);
    case 'physical':
      return `physical ${subject.address.toString(16)}`;
    case 'data':
      return `${subject.space} ${subject.address.toString(16)} ${subject.length} ${subject.access}`;
    case 'event':
      return subject.class;
    case 'hypercall':
      return subject.name ?? '*';
  }
}
