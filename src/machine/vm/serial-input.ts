// What a terminal sends to a VM's serial port: kept until the guest listens, then fed as fast as the line and the receiver's FIFO allow.
//
// A guest listens from when it enables the receive interrupt, or looks at the line status (or interrupt identification) twice without sending in between: bytes that came
// earlier would be lost when it clears the FIFOs. All in virtual time, so that a script is the same in every run.
import type { SavedValue, Stateful } from '../../base/saved';
import type { Clock, Timer, Timers } from '../../devices/ports';

/** One character of 8N1 at 115 200 baud. */
const CHARACTER_NS = 86_806;

/** The receiver at the other end of the line. */
export interface SerialReceiver {
  room(): number;
  receive(byte: number): void;
}

// Registers of a 16550, relative to its base (uart16550.ts).
const THR = 0;
const IER = 1;
const IIR = 2;
const LCR = 3;
const LSR = 5;
const DLAB = 0x80;

export class SerialInput implements Stateful {
  private queue: Uint8Array[] = [];
  private listening = false;
  private looks = 0;
  private latch = false;
  /** The receive interrupt is enabled: a byte can wake a guest that sleeps. */
  interrupts = false;
  private readonly timer: Timer;
  onByte: (byte: number) => void = () => {};

  constructor(
    name: string,
    timers: Timers,
    private readonly clock: Clock,
    private readonly receiver: () => SerialReceiver,
  ) {
    this.timer = timers.create(name, () => this.feed());
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.queue.push(bytes);
    this.plan();
  }

  /** What was typed and not fed yet goes another way. */
  takeAll(): Uint8Array[] {
    const { queue } = this;
    this.queue = [];
    this.timer.cancel();
    return queue;
  }

  /** Nothing that the guest reads makes it listen any more. */
  get isListening(): boolean {
    return this.listening;
  }

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  sawRead(register: number): void {
    if (this.listening || (register !== LSR && register !== IIR)) return;
    if (++this.looks >= 2) this.listen();
  }

  sawWrite(register: number, value: number): void {
    if (register === LCR) this.latch = (value & DLAB) !== 0;
    if (this.latch) return;
    if (register === IER) this.interrupts = (value & 1) !== 0;
    if (register === THR) this.looks = 0;
    if (this.interrupts && !this.listening) this.listen();
  }

  private listen(): void {
    this.listening = true;
    this.plan();
  }

  /** The receiver may have room again. */
  plan(): void {
    if (this.listening && this.queue.length > 0 && this.timer.deadlineNs === undefined) this.timer.arm(this.clock.nowNs() + CHARACTER_NS);
  }

  private feed(): void {
    const receiver = this.receiver();
    const first = this.queue[0];
    if (first === undefined || receiver.room() === 0) return;
    const byte = first[0]!;
    if (first.length === 1) this.queue.shift();
    else this.queue[0] = first.subarray(1);
    this.onByte(byte);
    receiver.receive(byte);
    this.plan();
  }

  /** Machine reset: what was typed and not read yet is still on the line. */
  reset(): void {
    this.listening = false;
    this.looks = 0;
    this.latch = false;
    this.interrupts = false;
    this.timer.cancel();
  }

  save(): SavedValue {
    return {
      queue: this.queue.map((bytes) => bytes.slice()),
      listening: this.listening,
      looks: this.looks,
      latch: this.latch,
      interrupts: this.interrupts,
    };
  }

  restore(saved: SavedValue): void {
    const from = saved as { queue: Uint8Array[]; listening: boolean; looks: number; latch: boolean; interrupts: boolean };
    this.queue = from.queue.map((bytes) => bytes.slice());
    this.listening = from.listening;
    this.looks = from.looks;
    this.latch = from.latch;
    this.interrupts = from.interrupts;
  }
}
