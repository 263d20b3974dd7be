// gdb's breakpoints and watchpoints: places the engine stops at; the guest's code is never written to. gdb inserts them before each run and removes them after
// it, so they are armed all at once when the guest is to run.
import type { WantedStop } from '../debug/breakpoints/stop-points';
import type { Debugger } from '../debug/debugger';
import type { ShownReason } from '../debug/events';
import { hex } from './wire/hex';

/** As in the Z packets, in their order. */
export const POINT_KINDS = ['software', 'hardware', 'write', 'read', 'access'] as const;
type PointKind = (typeof POINT_KINDS)[number];

export interface GdbPoint {
  readonly kind: PointKind;
  readonly address: bigint;
  /** Of a watched place, in bytes. */
  readonly length: number;
}

/** One thread is to step while gdb has taken its breakpoints out, and the others must not run past those. */
export interface LoneStep {
  readonly others: readonly number[];
}

const WATCH_NAMES = { write: 'watch', read: 'rwatch', access: 'awatch' } as const;
const keyOf = ({ kind, address, length }: GdbPoint): string =>
  kind in WATCH_NAMES ? `${kind} ${address} ${length}` : `${kind} ${address}`;

export class GdbBreakpoints {
  private readonly points = new Map<string, GdbPoint>();
  /** Breakpoints of the last run of all threads. */
  private before: readonly bigint[] = [];

  insert(point: GdbPoint): void {
    this.points.set(keyOf(point), point);
  }

  remove(point: GdbPoint): void {
    this.points.delete(keyOf(point));
  }

  clear(): void {
    this.points.clear();
    this.before = [];
  }

  async arm(debug: Debugger, lone?: LoneStep): Promise<void> {
    const code = new Set<bigint>();
    const places: WantedStop[] = [];
    for (const { kind, address, length } of this.points.values()) {
      if (kind === 'software' || kind === 'hardware') code.add(address);
      else places.push({ where: { kind: 'data', space: 'linear', address, length, access: kind } });
    }
    for (const address of code) places.push({ where: { kind: 'linear', address } });
    if (lone === undefined) this.before = [...code];
    else {
      const removed = this.before.filter((address) => !code.has(address));
      for (const vcpu of lone.others) for (const address of removed) places.push({ where: { kind: 'linear', address }, vcpu });
    }
    await debug.setPlaces(this, places);
  }

  /** Of a stop reply: "swbreak:;" where gdb has, or has just taken out, a breakpoint at this RIP; the place of its watchpoint that was touched. */
  reasonOf(reason: ShownReason, rip: bigint): string {
    if (reason.kind === 'data') return this.watched(reason.touches.map(({ address }) => address));
    if (reason.kind !== 'breakpoint') return '';
    if (this.points.has(keyOf({ kind: 'software', address: rip, length: 0 }))) return 'swbreak:;';
    if (this.points.has(keyOf({ kind: 'hardware', address: rip, length: 0 }))) return 'hwbreak:;';
    return this.before.includes(rip) ? 'swbreak:;' : '';
  }

  private watched(touched: readonly bigint[]): string {
    for (const { kind, address, length } of this.points.values()) {
      if (kind === 'software' || kind === 'hardware') continue;
      const hit = touched.find((each) => each >= address && each < address + BigInt(length));
      if (hit !== undefined) return `${WATCH_NAMES[kind]}:${hex(hit)};`;
    }
    return '';
  }
}
