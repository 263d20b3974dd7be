// The breakpoints of one session: its groups in the table that all sessions of a guest share.
import type { Breakpoint } from '../debug/breakpoints/breakpoint';
import type { WantedBreakpoint } from '../debug/breakpoints/table';
import type { Debugger } from '../debug/debugger';

export class OwnBreakpoints {
  constructor(
    private readonly debug: Debugger,
    /** Of the names of its groups. */
    private readonly prefix: string,
  ) {}

  /** Replaces a group; places are found afterwards and told by events. */
  set(group: string, wanted: readonly WantedBreakpoint[]): Breakpoint[] {
    return this.debug.setBreakpoints(this.prefix + group, wanted);
  }

  group(name: string): readonly Breakpoint[] {
    return this.debug.breakpoints.group(this.prefix + name);
  }

  private get names(): string[] {
    return this.debug.breakpoints
      .groupNames()
      .filter((name) => name.startsWith(this.prefix) && (this.prefix !== '' || !FOREIGN.test(name)));
  }

  get all(): Breakpoint[] {
    return this.names.flatMap((name) => [...this.debug.breakpoints.group(name)]);
  }

  has(id: number): boolean {
    return this.all.some((each) => each.id === id);
  }

  /** The session goes, and the guest stays. */
  clear(): void {
    for (const name of this.names) this.debug.setBreakpoints(name, []);
  }
}

/** Groups of an attached session. */
const FOREIGN = /^attached \d+: /;
export const attachedPrefix = (session: number): string => `attached ${session}: `;
