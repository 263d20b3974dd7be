// The console ring (public/io/console.h), with its other end in the control domain: what the guest writes leaves for the terminal, in pieces; what is typed goes in
// as far as there is room.
import type { SavedValue, Stateful } from '../../base/saved';
import type { Timer, XenHost } from './host-port';
import type { PageRef } from './physmap';
import type { SharedMemory } from './shared-memory';

const IN_SIZE = 1024;
const OUT_SIZE = 2048;
/** Bytes that leave, or come, at once; those behind them a little later. */
const BYTES_PER_PIECE = 128;
export const NEXT_PIECE_NS = 10_000;
/** struct xencons_interface. */
export const ConsoleRingField = { in: 0, out: IN_SIZE, inCons: 3072, inProd: 3076, outCons: 3080, outProd: 3084 } as const;

export class ConsoleRing implements Stateful {
  private queue: Uint8Array[] = [];
  /** The guest has written to it: it is where a person at the terminal is. */
  used = false;
  private readonly nextPiece: Timer;

  constructor(
    private readonly host: XenHost,
    private readonly memory: SharedMemory,
    private readonly page: () => PageRef,
    private readonly notify: () => void,
    private readonly onFirstUse: () => void,
  ) {
    this.nextPiece = host.timers.create('xenconsole', () => this.service());
  }

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.queue.push(bytes.slice());
    if (this.used && this.feed()) this.notify();
  }

  /** The guest has sent an event: it has written, or has read. */
  service(): void {
    const drained = this.drain();
    if (drained && !this.used) {
      this.used = true;
      this.onFirstUse();
    }
    const fed = this.used && this.feed();
    if (drained || fed) this.notify();
  }

  /** Something that the guest has written has not left yet. */
  get hasOutput(): boolean {
    const page = this.page();
    return this.memory.u32(page, ConsoleRingField.outProd) !== this.memory.u32(page, ConsoleRingField.outCons);
  }

  /** A piece of what was written leaves. Also before the domain ends. */
  drain(): boolean {
    const page = this.page();
    const producer = this.memory.u32(page, ConsoleRingField.outProd);
    const consumer = this.memory.u32(page, ConsoleRingField.outCons);
    const count = (producer - consumer) >>> 0;
    if (count === 0) return false;
    if (count > OUT_SIZE) {
      this.host.message(`the indexes of the console ring say that it holds more than its ${OUT_SIZE} bytes: its output is dropped`);
      this.memory.setU32(page, ConsoleRingField.outCons, producer);
      return true;
    }
    const now = Math.min(count, BYTES_PER_PIECE);
    const ring = this.memory.bytes(page, ConsoleRingField.out, OUT_SIZE).slice();
    for (let i = 0; i < now; i++) this.host.consoleOutput(ring[((consumer + i) >>> 0) & (OUT_SIZE - 1)]!);
    this.memory.setU32(page, ConsoleRingField.outCons, (consumer + now) >>> 0);
    if (now < count) this.goOn();
    return true;
  }

  private goOn(): void {
    this.nextPiece.arm(this.host.nowNs(0) + NEXT_PIECE_NS);
  }

  private feed(): boolean {
    const page = this.page();
    let producer = this.memory.u32(page, ConsoleRingField.inProd);
    const room = IN_SIZE - ((producer - this.memory.u32(page, ConsoleRingField.inCons)) >>> 0);
    const now = Math.min(room, BYTES_PER_PIECE);
    let fed = 0;
    while (fed < now && this.queue.length > 0) {
      const first = this.queue[0]!;
      const byte = first[0]!;
      if (first.length === 1) this.queue.shift();
      else this.queue[0] = first.subarray(1);
      this.host.consoleInput(byte);
      this.memory.setU8(page, ConsoleRingField.in + (producer & (IN_SIZE - 1)), byte);
      producer = (producer + 1) >>> 0;
      fed++;
    }
    if (fed > 0) this.memory.setU32(page, ConsoleRingField.inProd, producer);
    if (now < room && !this.isEmpty) this.goOn();
    return fed > 0;
  }

  /** Power-on: what was typed and not read yet is still to come. */
  reset(): void {
    this.used = false;
  }

  /** Nothing is under way any more. */
  quiet(): void {
    this.nextPiece.cancel();
  }

  save(): SavedValue {
    return { queue: this.queue.map((bytes) => bytes.slice()), used: this.used };
  }
  restore(state: SavedValue): void {
    const saved = state as { queue: Uint8Array[]; used: boolean };
    this.queue = saved.queue.map((bytes) => bytes.slice());
    this.used = saved.used;
  }
}
