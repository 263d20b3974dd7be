// Counts of compiled code, for people who ask for them: how often a region was entered, and left where and why. Only then is there code that counts.
import type { Code } from '../../wasm/code';
import { wasmText } from '../../wasm/text';
import { PROFILE_BASE, PROFILE_END } from '../record';
import type { EngineMemory } from '../vm-memory';

const COUNTER_BYTES = 8;

/** What the count of a region's entries is called. */
export const ENTERED = 'entered';

export interface Counted {
  /** Offset from the entry block's first byte. */
  readonly delta: number;
  readonly what: string;
  readonly count: number;
}
/** A region as it was made. */
export interface RegionReport {
  /** Place of its entry in this memory, and S.mode of its code. */
  readonly physical: number;
  readonly mode: number;
  readonly blocks: readonly RegionBlock[];
  /** Bytes of its module, and the module as text. */
  readonly bytes: number;
  readonly wasm: string;
  readonly counts: readonly Counted[];
}
interface RegionBlock {
  readonly physical: number;
  /** Bytes from the entry block to this one, by linear address. */
  readonly delta: number;
  readonly instructions: number;
  readonly code: Uint8Array;
}

export type Made = Pick<RegionReport, 'physical' | 'mode' | 'blocks'>;

/** A region that can be entered now. */
export interface LiveRegion extends Made {
  /** Of its entry, where it was compiled; the same code may have others. */
  readonly linear: bigint;
  readonly module: Uint8Array;
  /** Undefined: nothing is counted. */
  readonly counts: readonly Counted[] | undefined;
}

/** Counters of one region. */
export class RegionCounters {
  private readonly places: { at: number; delta: number; what: string }[] = [];

  constructor(private readonly profile: RegionProfile) {}

  /** Emits that a place is passed. */
  emit(f: Code, delta: number, what: string): void {
    const at = this.profile.allocate();
    if (at === undefined) return;
    this.places.push({ at, delta, what });
    f.i32(0).i32(0).mem('i64.load', at).i64(1).op('i64.add').mem('i64.store', at);
  }
  read({ view }: EngineMemory): Counted[] {
    return this.places.map(({ at, delta, what }) => ({ delta, what, count: Number(view.getBigUint64(at, true)) }));
  }
}

export class RegionProfile {
  private next = PROFILE_BASE;
  private readonly made: { made: Made; module: Uint8Array; counters: RegionCounters }[] = [];

  constructor(private readonly memory: EngineMemory) {
    memory.u8.fill(0, PROFILE_BASE, PROFILE_END);
  }

  /** Undefined: there are no more. */
  allocate(): number | undefined {
    const at = this.next;
    if (at >= PROFILE_END) return undefined;
    this.next += COUNTER_BYTES;
    return at;
  }
  add(made: Made, module: Uint8Array, counters: RegionCounters): void {
    this.made.push({ made, module, counters });
  }
  reports(): RegionReport[] {
    return this.made.map(({ made, module, counters }) => ({
      ...made,
      bytes: module.length,
      wasm: wasmText(module),
      counts: counters.read(this.memory),
    }));
  }
}
