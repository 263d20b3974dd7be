// All breakpoints, in the groups clients replace as a whole: one per source file, functions, instructions, the hypercall filter, the hypercall tree.
import { Breakpoint, type BreakpointOptions, type BreakpointSubject } from './breakpoint';

export interface WantedBreakpoint {
  readonly subject: BreakpointSubject;
  readonly options: BreakpointOptions;
}

export class BreakpointTable {
  private readonly groups = new Map<string, Breakpoint[]>();
  private nextId = 1;

  get all(): Breakpoint[] {
    return [...this.groups.values()].flat();
  }

  /** Replaces a group; what stays at its place keeps its id and, with unchanged conditions, is the same object. */
  replace(group: string, wanted: readonly WantedBreakpoint[]): { readonly now: Breakpoint[]; readonly gone: Breakpoint[] } {
    const old = [...(this.groups.get(group) ?? [])];
    const now = wanted.map(({ subject, options }) => {
      const index = old.findIndex((each) => each.isAt(subject));
      const [known] = index < 0 ? [] : old.splice(index, 1);
      if (known && sameOptions(known.options, options)) return known;
      return new Breakpoint(known?.id ?? this.nextId++, subject, options);
    });
    const before = this.groups.get(group) ?? [];
    if (now.length === 0) this.groups.delete(group);
    else this.groups.set(group, now);
    return { now, gone: before.filter((each) => !now.includes(each)) };
  }

  groupNames(): string[] {
    return [...this.groups.keys()];
  }

  group(name: string): readonly Breakpoint[] {
    return this.groups.get(name) ?? [];
  }

  /** A new guest: counts begin again, places are to be found again. */
  reset(): void {
    for (const breakpoint of this.all) {
      breakpoint.lateHits = 0;
      breakpoint.verified = false;
      breakpoint.places = [];
      breakpoint.message = undefined;
    }
  }
}

function sameOptions(a: BreakpointOptions, b: BreakpointOptions): boolean {
  return a.mode === b.mode && a.condition === b.condition && a.hitCondition === b.hitCondition && a.logMessage === b.logMessage;
}
