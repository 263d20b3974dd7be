// gdb's breakpoints: places the engine stops at; the guest's code is never written to. gdb inserts them before each run and removes them after it, so they are
// armed all at once when the guest is to run.
import type { WantedStop } from '../debug/breakpoints/stop-points';
import type { Debugger } from '../debug/debugger';

/** As in the Z packets. */
export type BreakpointKind = 'software' | 'hardware';

/** One thread is to step while gdb has taken its breakpoints out, and the others must not run past those. */
export interface LoneStep {
  readonly others: readonly number[];
}

export class GdbBreakpoints {
  private readonly addresses: Record<BreakpointKind, Set<bigint>> = { software: new Set(), hardware: new Set() };
  /** Of the last run of all threads. */
  private before: readonly bigint[] = [];

  insert(kind: BreakpointKind, address: bigint): void {
    this.addresses[kind].add(address);
  }

  remove(kind: BreakpointKind, address: bigint): void {
    this.addresses[kind].delete(address);
  }

  clear(): void {
    for (const kind of ['software', 'hardware'] as const) this.addresses[kind].clear();
    this.before = [];
  }

  private get inserted(): readonly bigint[] {
    return [...new Set([...this.addresses.software, ...this.addresses.hardware])];
  }

  async arm(debug: Debugger, lone?: LoneStep): Promise<void> {
    const { inserted } = this;
    const places: WantedStop[] = inserted.map((address) => ({ where: { kind: 'linear', address } }));
    if (lone === undefined) this.before = inserted;
    else {
      const removed = this.before.filter((address) => !inserted.includes(address));
      for (const vcpu of lone.others) for (const address of removed) places.push({ where: { kind: 'linear', address }, vcpu });
    }
    await debug.setPlaces(this, places);
  }

  /** "swbreak" or "hwbreak" where gdb has, or has just taken out, a breakpoint at this RIP. */
  reasonAt(rip: bigint): string {
    if (this.addresses.software.has(rip)) return 'swbreak:;';
    if (this.addresses.hardware.has(rip)) return 'hwbreak:;';
    return this.before.includes(rip) ? 'swbreak:;' : '';
  }
}
