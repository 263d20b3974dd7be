// The data breakpoints of one vCPU's debug registers as its memory path sees them. Their pages have no fast tags, so that accesses come by here.
import { BreakOn, type Breakpoint, dataHits } from '../x86/system/breakpoints';

interface Page {
  lo: number;
  hi: number;
}

const join = (lo: number, hi: number): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

export class DataBreakpoints {
  active = false;
  private list: readonly Breakpoint[] = [];
  private pages: readonly Page[] = [];

  set(breakpoints: readonly Breakpoint[]): void {
    this.list = breakpoints.filter(({ on }) => on === BreakOn.write || on === BreakOn.access);
    this.pages = this.list.map(({ address }) => ({
      lo: Number(BigInt.asIntN(32, address)) & -4096,
      hi: Number(BigInt.asIntN(32, address >> 32n)),
    }));
    this.active = this.list.length !== 0;
  }

  /** Halves of a page's linear address. */
  inPage(lo: number, hi: number): boolean {
    return this.pages.some((page) => page.lo === lo && page.hi === hi);
  }
  /** DR6 bits of those that an access hits. */
  hits(lo: number, hi: number, length: number, write: boolean): number {
    return dataHits(this.list, join(lo, hi), length, write);
  }
}
