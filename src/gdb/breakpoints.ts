// gdb's breakpoints: places the engine stops at; the guest's code is never written to. gdb inserts them before each run and removes them after it, so they are
// armed all at once when the guest is to run.
import type { Debugger } from '../debug/debugger';

/** As in the Z packets. */
export type BreakpointKind = 'software' | 'hardware';

export class GdbBreakpoints {
  private readonly addresses: Record<BreakpointKind, Set<bigint>> = { software: new Set(), hardware: new Set() };
  private armed = '';

  insert(kind: BreakpointKind, address: bigint): void {
    this.addresses[kind].add(address);
  }

  remove(kind: BreakpointKind, address: bigint): void {
    this.addresses[kind].delete(address);
  }

  clear(): void {
    for (const kind of ['software', 'hardware'] as const) this.addresses[kind].clear();
  }

  /** A new guest knows of none. */
  forgetArmed(): void {
    this.armed = '';
  }

  async arm(debug: Debugger): Promise<void> {
    const all = [...new Set([...this.addresses.software, ...this.addresses.hardware])];
    const text = all.join();
    if (text === this.armed) return;
    this.armed = text;
    await debug.setPlaces(
      this,
      all.map((address) => ({ where: { kind: 'linear', address } })),
    );
  }

  /** "swbreak" or "hwbreak" where gdb has a breakpoint at this RIP. */
  reasonAt(rip: bigint): string {
    if (this.addresses.software.has(rip)) return 'swbreak:;';
    return this.addresses.hardware.has(rip) ? 'hwbreak:;' : '';
  }
}
