// Signals on their way to a vCPU whose pCPU has not come as far as the sender: INTR, NMI, INIT, SIPI. Each arrives at max(local time, time sent), in order.
import type { SavedValue, Stateful } from '../../base/saved';
import type { Timer, Timers, VirtualNs } from '../../devices/ports';

export type Signal = { kind: 'interrupt' } | { kind: 'nmi' } | { kind: 'init' } | { kind: 'startup'; vector: number };

export class SignalQueue implements Stateful {
  private waiting: { signal: Signal; atNs: VirtualNs }[] = [];
  private readonly timer: Timer;

  constructor(
    name: string,
    timers: Timers,
    private readonly take: (signal: Signal, atNs: VirtualNs) => void,
  ) {
    this.timer = timers.create(name, () => this.arrive());
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  defer(signal: Signal, atNs: VirtualNs): void {
    this.waiting.push({ signal, atNs: Math.max(atNs, this.waiting.at(-1)?.atNs ?? 0) });
    if (this.timer.deadlineNs === undefined) this.timer.arm(this.waiting[0]!.atNs);
  }

  private arrive(): void {
    const first = this.waiting.shift();
    if (first === undefined) return;
    if (this.waiting.length > 0) this.timer.arm(this.waiting[0]!.atNs);
    this.take(first.signal, first.atNs);
  }

  clear(): void {
    this.waiting = [];
    this.timer.cancel();
  }

  save(): SavedValue {
    return this.waiting.map(({ signal, atNs }) => ({ kind: signal.kind, vector: signal.kind === 'startup' ? signal.vector : 0, atNs }));
  }

  restore(saved: SavedValue): void {
    const from = saved as unknown as { kind: Signal['kind']; vector: number; atNs: number }[];
    this.waiting = from.map(({ kind, vector, atNs }) => ({ signal: kind === 'startup' ? { kind, vector } : { kind }, atNs }));
  }
}
