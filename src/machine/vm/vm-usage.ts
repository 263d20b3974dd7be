// What a VM has used of its host beside CPU time, which its vCPUs' accounts have: how long its memory was taken, and what it printed.
import type { SavedValue, Stateful } from '../../base/saved';
import type { VirtualNs } from '../../devices/ports';

export class VmUsage implements Stateful {
  private onNs = 0;
  /** Switched on since then. */
  private sinceNs: VirtualNs | undefined;
  consoleBytes = 0;

  switchedOn(atNs: VirtualNs): void {
    this.sinceNs ??= atNs;
  }

  switchedOff(atNs: VirtualNs): void {
    this.onNs = this.memoryNs(atNs);
    this.sinceNs = undefined;
  }

  /** How long it has had its memory. */
  memoryNs(atNs: VirtualNs): number {
    return this.onNs + (this.sinceNs === undefined ? 0 : Math.max(0, atNs - this.sinceNs));
  }

  save(): SavedValue {
    return { onNs: this.onNs, sinceNs: this.sinceNs ?? null, consoleBytes: this.consoleBytes };
  }

  restore(saved: SavedValue): void {
    const from = saved as { onNs: number; sinceNs: number | null; consoleBytes: number };
    this.onNs = from.onNs;
    this.sinceNs = from.sinceNs ?? undefined;
    this.consoleBytes = from.consoleBytes;
  }
}
