// Places in memory that the debugger watches, on all vCPUs of a VM. Their pages have no fast tags, so that accesses come by here; an instruction that touches
// one runs alone and the run is left behind it. Nothing of it is a guest's state: guests have debug registers for themselves (data-breakpoints.ts).
import { PAGE_SIZE } from '../x86/layout';
import type { VcpuState } from '../x86/vcpu-state';
import type { WatchHit, WatchPiece, Watchpoint } from './cpu-engine';
import { peekTranslate } from './peek';
import type { EngineMemory } from './vm-memory';

/** Of longer places only what was touched is kept. */
const WHOLE_BYTES = 64;
/** So many linear pages are looked at when the host itself writes memory. */
const MOST_HOST_PAGES = 256;
const MASK = BigInt(PAGE_SIZE - 1);

/** Who runs, for hits and for translating linear places. */
interface Running {
  readonly vcpu: number;
  readonly state: VcpuState;
  readonly rip: bigint;
}

export class Watchpoints {
  active = false;
  /** By page number of the linear or the guest-physical address. */
  private linear: ReadonlyMap<number, readonly Watchpoint[]> = new Map();
  private physical: ReadonlyMap<number, readonly Watchpoint[]> = new Map();
  private hits: WatchHit[] = [];
  running: () => Running = () => {
    throw new RangeError('nothing runs');
  };
  /** Something was hit: the run is to be left. */
  onHit: () => void = () => {};

  constructor(private readonly memory: EngineMemory) {}

  /** Replaces all. Fast tags are the caller's to take away. */
  set(watchpoints: readonly Watchpoint[]): void {
    for (const gfn of this.physical.keys()) this.memory.markWatched(gfn, false);
    this.linear = byPage(watchpoints.filter(({ space }) => space === 'linear'));
    this.physical = byPage(watchpoints.filter(({ space }) => space === 'physical'));
    for (const gfn of this.physical.keys()) this.memory.markWatched(gfn, true);
    this.active = watchpoints.length > 0;
    this.hits = [];
  }

  /** Halves of a page's linear address. */
  inPage(lo: number, hi: number): boolean {
    return this.linear.has(pageOf(lo, hi));
  }

  /** Whether an access within one page touches a place; with `note` it is remembered as a hit. */
  touches(lo: number, hi: number, gpa: number, length: number, read: boolean, write: boolean, note: boolean): boolean {
    const linear = this.linear.get(pageOf(lo, hi));
    const physical = this.physical.get(Math.floor(gpa / PAGE_SIZE));
    let found = false;
    const look = (watchpoints: readonly Watchpoint[] | undefined, address: bigint): void => {
      for (const each of watchpoints ?? []) {
        if (!(read && each.reads) && !(write && each.writes)) continue;
        if (address >= each.address + BigInt(each.length) || address + BigInt(length) <= each.address) continue;
        found = true;
        if (note) this.hit(each, address, length, write, true);
      }
    };
    if (linear) look(linear, (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
    if (physical) look(physical, BigInt(gpa));
    return found;
  }

  /** Devices and the hypervisor write without an instruction; so does whoever edits memory by hand. */
  hostWrites(gpa: number, length: number): void {
    for (let at = gpa; at < gpa + length; at = (Math.floor(at / PAGE_SIZE) + 1) * PAGE_SIZE) {
      const part = Math.min(gpa + length, (Math.floor(at / PAGE_SIZE) + 1) * PAGE_SIZE) - at;
      this.hostWritesPage(at, part);
    }
  }
  private hostWritesPage(gpa: number, length: number): void {
    const look = (watchpoints: readonly Watchpoint[], address: bigint): void => {
      for (const each of watchpoints) {
        const touched = address < each.address + BigInt(each.length) && address + BigInt(length) > each.address;
        if (each.writes && touched) this.hit(each, address, length, true, false);
      }
    };
    const gfn = Math.floor(gpa / PAGE_SIZE);
    look(this.physical.get(gfn) ?? [], BigInt(gpa));
    if (this.linear.size > MOST_HOST_PAGES) return;
    for (const [page, watchpoints] of this.linear) {
      const linear = BigInt(page) * BigInt(PAGE_SIZE);
      const found = peekTranslate(this.memory, this.running().state, canonical(linear));
      if (found !== undefined && Math.floor(found.gpa / PAGE_SIZE) === gfn) look(watchpoints, linear + BigInt(gpa % PAGE_SIZE));
    }
  }

  private hit(watchpoint: Watchpoint, address: bigint, length: number, write: boolean, byInstruction: boolean): void {
    const { vcpu, state, rip } = this.running();
    const whole = watchpoint.length <= WHOLE_BYTES;
    const start = whole || address < watchpoint.address ? watchpoint.address : address;
    const end = watchpoint.address + BigInt(watchpoint.length);
    const stop = !whole && address + BigInt(length) < end ? address + BigInt(length) : end;
    this.hits.push({
      id: watchpoint.id,
      vcpu: byInstruction ? vcpu : undefined,
      write,
      rip,
      address: start,
      before: this.piecesOf(watchpoint.space, state, start, Number(stop - start)),
    });
    this.onHit();
  }

  private piecesOf(space: Watchpoint['space'], state: VcpuState, start: bigint, length: number): WatchPiece[] {
    const pieces: WatchPiece[] = [];
    for (let done = 0; done < length; ) {
      const at = start + BigInt(done);
      const part = Math.min(length - done, PAGE_SIZE - Number(at & MASK));
      const gpa = space === 'physical' ? Number(at) : peekTranslate(this.memory, state, canonical(at))?.gpa;
      const bytes = gpa === undefined ? undefined : this.memory.read(gpa, part);
      if (gpa === undefined || bytes === undefined) return [];
      pieces.push({ gpa, bytes });
      done += part;
    }
    return pieces;
  }

  /** The instruction at hand raised an exception: it has touched nothing. What the host wrote stays. */
  faulted(): void {
    if (this.hits.length !== 0) this.hits = this.hits.filter(({ vcpu }) => vcpu === undefined);
  }

  take(): readonly WatchHit[] {
    if (this.hits.length === 0) return this.hits;
    const { hits } = this;
    this.hits = [];
    return hits;
  }
}

const pageOf = (lo: number, hi: number): number => (hi >>> 0) * 0x10_0000 + (lo >>> 12);
const canonical = (linear: bigint): bigint => BigInt.asUintN(64, linear);

function byPage(watchpoints: readonly Watchpoint[]): Map<number, Watchpoint[]> {
  const pages = new Map<number, Watchpoint[]>();
  for (const each of watchpoints) {
    const last = (each.address + BigInt(each.length) - 1n) / BigInt(PAGE_SIZE);
    for (let page = each.address / BigInt(PAGE_SIZE); page <= last; page++) {
      const there = pages.get(Number(page));
      if (there) there.push(each);
      else pages.set(Number(page), [each]);
    }
  }
  return pages;
}
