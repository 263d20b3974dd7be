// Keys on their way to a VM's keyboard: kept until the guest listens, then sent as fast as a keyboard's line allows. All in virtual time.
//
// A guest listens when the keyboard's interrupt would reach it, or when it looks at the controller's status again and again: what came
// earlier would be lost when it initialises the controller.
import type { SavedValue, Stateful } from '../../base/saved';
import type { Clock, Timer, Timers } from '../../devices/ports';

/** A byte of 11 bits at 11 kHz. */
const BYTE_NS = 1_000_000;

export interface KeyReceiver {
  readonly room: number;
  /** The guest would notice a key now. */
  readonly listens: boolean;
  receive(byte: number): void;
}

export class KeyboardInput implements Stateful {
  private queue = new Uint8Array(0);
  private readonly timer: Timer;

  constructor(
    timers: Timers,
    private readonly clock: Clock,
    private readonly receiver: () => KeyReceiver,
  ) {
    this.timer = timers.create('keyboard.line', () => this.feed());
  }

  push(bytes: Uint8Array): void {
    this.queue = Uint8Array.from([...this.queue, ...bytes]);
    this.plan();
  }

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  /** The receiver may have room again, or listen now. */
  plan(): void {
    if (this.isEmpty || this.timer.deadlineNs !== undefined) return;
    const { listens, room } = this.receiver();
    if (listens && room > 0) this.timer.arm(this.clock.nowNs() + BYTE_NS);
  }

  private feed(): void {
    const receiver = this.receiver();
    const [byte] = this.queue;
    if (byte === undefined || receiver.room === 0) return;
    this.queue = this.queue.slice(1);
    receiver.receive(byte);
    this.plan();
  }

  /** Machine reset: keys that were pressed and not read yet are still on the way. */
  reset(): void {
    this.timer.cancel();
  }

  save(): SavedValue {
    return { queue: this.queue.slice() };
  }

  restore(saved: SavedValue): void {
    this.queue = (saved as { queue: Uint8Array }).queue.slice();
  }
}
