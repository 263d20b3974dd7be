// FIFO events (xen/common/event_fifo.c; docs "Event Channels: FIFO-based ABI"): a word per port, linked into 16 queues by priority for each vCPU.
import type { SavedValue, Stateful } from '../../../base/saved';
import { PAGE_SIZE } from '../layout';
import type { PageRef } from '../physmap';
import type { SharedMemory } from '../shared-memory';
import type { EventAbi, EventSurroundings } from './event-abi';
import type { Port, Ports } from './ports';

const PENDING = 0x8000_0000;
const MASKED = 0x4000_0000;
const LINKED = 0x2000_0000;
const BUSY = 0x1000_0000;
export const FIFO_LINK_BITS = 17;
const LINK_MASK = (1 << FIFO_LINK_BITS) - 1;
const QUEUES = 16;
export const LOWEST_PRIORITY = QUEUES - 1;
const WORDS_PER_PAGE = PAGE_SIZE / 4;
const MAX_PAGES = (1 << FIFO_LINK_BITS) / WORDS_PER_PAGE;
/** struct evtchn_fifo_control_block. */
export const ControlBlock = { size: 8 + QUEUES * 4, ready: 0, head: 8 } as const;

interface Control {
  readonly ref: PageRef;
  readonly offset: number;
}

export class FifoEvents implements EventAbi, Stateful {
  private pages: PageRef[] = [];
  private readonly control = new Map<number, Control>();
  /** Last port of each queue, by vCPU and priority; 0: it is empty. */
  private readonly tails = new Map<number, number[]>();

  constructor(
    private readonly memory: SharedMemory,
    private readonly around: EventSurroundings,
    private readonly ports: Ports,
  ) {}

  hasControl(vcpu: number): boolean {
    return this.control.has(vcpu);
  }
  addControl(vcpu: number, ref: PageRef, offset: number): void {
    this.control.set(vcpu, { ref, offset });
    this.tails.set(vcpu, new Array<number>(QUEUES).fill(0));
  }

  get isFull(): boolean {
    return this.pages.length >= MAX_PAGES;
  }
  /** One more page of words; what waited for its word is told now. */
  addPage(ref: PageRef): void {
    this.pages.push(ref);
    for (const number of this.ports.used()) {
      const port = this.ports.get(number)!;
      if (!port.waits || this.place(number) === undefined) continue;
      port.waits = false;
      this.setPending(number, port);
    }
  }

  private place(number: number): { ref: PageRef; offset: number } | undefined {
    const ref = this.pages[Math.floor(number / WORDS_PER_PAGE)];
    return ref && { ref, offset: (number % WORDS_PER_PAGE) * 4 };
  }
  private word(number: number): number {
    const place = this.place(number);
    return place === undefined ? 0 : this.memory.u32(place.ref, place.offset);
  }
  private setWord(number: number, value: number): void {
    const place = this.place(number);
    if (place !== undefined) this.memory.setU32(place.ref, place.offset, value >>> 0);
  }

  setPending(number: number, port: Port): void {
    if (this.place(number) === undefined) {
      port.waits = true;
      return;
    }
    const before = this.word(number);
    this.setWord(number, before | PENDING);
    if (!(before & (MASKED | LINKED))) this.link(number, port);
    if (!(before & PENDING)) this.around.wakePollers(number);
  }

  private link(number: number, port: Port): void {
    const control = this.control.get(port.vcpu);
    const tails = this.tails.get(port.vcpu);
    if (control === undefined || tails === undefined) return;
    this.setWord(number, this.word(number) | LINKED);
    // It was the last one of another queue, which is empty then.
    const old = this.tails.get(port.lastVcpu);
    const moves = port.lastVcpu !== port.vcpu || port.lastPriority !== port.priority;
    if (moves && old?.[port.lastPriority] === number) old[port.lastPriority] = 0;
    port.lastVcpu = port.vcpu;
    port.lastPriority = port.priority;
    const tail = tails[port.priority]!;
    const linked = tail !== 0 && tail !== number && this.linkBehind(tail, number);
    if (!linked) this.memory.setU32(control.ref, control.offset + ControlBlock.head + port.priority * 4, number);
    tails[port.priority] = number;
    if (linked || this.memory.setBit(control.ref, control.offset + ControlBlock.ready, port.priority, true)) return;
    this.around.markPending(port.vcpu);
  }

  /** False: the guest has taken the tail off its queue already. */
  private linkBehind(tail: number, number: number): boolean {
    const word = this.word(tail);
    if (!(word & LINKED)) return false;
    this.setWord(tail, (word & ~(BUSY | LINK_MASK)) | number);
    return true;
  }

  clearPending(number: number): void {
    this.setWord(number, this.word(number) & ~PENDING);
  }
  isPending(number: number): boolean {
    return (this.word(number) & PENDING) !== 0;
  }
  isMasked(number: number): boolean {
    return this.place(number) === undefined || (this.word(number) & MASKED) !== 0;
  }
  unmask(number: number, port: Port): void {
    const word = this.word(number);
    this.setWord(number, word & ~MASKED);
    if (word & PENDING) this.setPending(number, port);
  }
  isBusy(number: number): boolean {
    return (this.word(number) & LINKED) !== 0;
  }

  save(): SavedValue {
    return {
      pages: this.pages.map((ref) => ({ ...ref })),
      control: [...this.control].map(([vcpu, { ref, offset }]) => [vcpu, { ...ref }, offset, [...this.tails.get(vcpu)!]]),
    };
  }
  restore(state: SavedValue): void {
    const saved = state as unknown as { pages: PageRef[]; control: [number, PageRef, number, number[]][] };
    this.pages = saved.pages.map((ref) => ({ ...ref }));
    this.control.clear();
    this.tails.clear();
    for (const [vcpu, ref, offset, tails] of saved.control) {
      this.control.set(vcpu, { ref: { ...ref }, offset });
      this.tails.set(vcpu, [...tails]);
    }
  }
}
