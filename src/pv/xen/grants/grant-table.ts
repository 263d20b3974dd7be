// The grant table of a domain (xen/common/grant_table.c): entries in pages that the guest shares with Xen, format 1 or 2, and what is mapped by them.
import type { SavedValue, Stateful } from '../../../base/saved';
import { CONSOLE_GFN, PAGE_SIZE, STORE_GFN, XenPages } from '../layout';
import type { Physmap } from '../physmap';
import type { SharedMemory } from '../shared-memory';

/** Status values (GNTST_*). */
export const GrantStatus = {
  okay: 0,
  generalError: -1,
  badDomain: -2,
  badRef: -3,
  badHandle: -4,
  badVirtAddr: -5,
  badDevAddr: -6,
  permissionDenied: -8,
  badPage: -9,
  badCopyArg: -10,
  noSpace: -13,
} as const;

/** Bits of an entry's flags (GTF_*). */
export const GrantFlag = { typeMask: 3, permitAccess: 1, readonly: 4, reading: 8, writing: 16, subPage: 0x100 } as const;
const RESERVED_ENTRIES = 8;
const V1_SIZE = 8;
const V2_SIZE = 16;
const STATUS_SIZE = 2;
/** Grants mapped at once. */
const MAX_HANDLES = 1024;

export interface Grant {
  readonly gfn: number;
  readonly readonly: boolean;
  /** Part of the page that may be used (format 2, copies only). */
  readonly offset: number;
  readonly length: number;
}
export interface Mapping {
  readonly ref: number;
  readonly gfn: number;
  readonly readonly: boolean;
}

export class GrantTable implements Stateful {
  version: 1 | 2 = 1;
  frames = 1;
  private mappings: (Mapping | null)[] = [];
  /** Uses of an entry: readers and writers. */
  private readonly pins = new Map<number, { readers: number; writers: number }>();

  constructor(
    private readonly memory: SharedMemory,
    private readonly physmap: Physmap,
    private readonly domainId: number,
  ) {}

  get maxFrames(): number {
    return XenPages.grantFrames;
  }
  get statusFrames(): number {
    return Math.ceil((this.frames * STATUS_SIZE) / V2_SIZE);
  }
  private get entries(): number {
    return (this.frames * PAGE_SIZE) / (this.version === 1 ? V1_SIZE : V2_SIZE);
  }
  get inUse(): boolean {
    return this.pins.size > 0;
  }

  /** Power-on: the domain builder grants the rings of console and XenStore to the control domain. */
  reset(): void {
    this.version = 1;
    this.frames = 1;
    this.mappings = [];
    this.pins.clear();
    for (const [ref, gfn] of [CONSOLE_GFN, STORE_GFN].entries()) {
      const { page, offset } = this.entry(ref);
      this.memory.setU16(page, offset, GrantFlag.permitAccess);
      this.memory.setU32(page, offset + 4, gfn);
    }
  }

  private entry(ref: number) {
    const at = ref * (this.version === 1 ? V1_SIZE : V2_SIZE);
    return { page: this.physmap.xenRef(XenPages.grants + Math.floor(at / PAGE_SIZE)), offset: at % PAGE_SIZE };
  }
  /** Format 2 has the words in use in pages of their own. */
  private statusWord(ref: number) {
    if (this.version === 1) return this.entry(ref);
    const at = ref * STATUS_SIZE;
    return { page: this.physmap.xenRef(XenPages.status + Math.floor(at / PAGE_SIZE)), offset: at % PAGE_SIZE };
  }

  /** What the entry lets this domain do; a status where nothing. `copies`: parts of pages are allowed. */
  look(ref: number, write: boolean, copies: boolean): Grant | number {
    if (ref >= this.entries) return GrantStatus.badRef;
    const { page, offset } = this.entry(ref);
    const flags = this.memory.u16(page, offset);
    const domain = this.memory.u16(page, offset + 2);
    if ((flags & GrantFlag.typeMask) !== GrantFlag.permitAccess || domain !== this.domainId) return GrantStatus.generalError;
    const part = this.version === 2 && (flags & GrantFlag.subPage) !== 0;
    if (part && !copies) return GrantStatus.generalError;
    const readonly = (flags & GrantFlag.readonly) !== 0;
    if (write && readonly) return GrantStatus.generalError;
    const gfn = this.version === 1 ? this.memory.u32(page, offset + 4) : Number(BigInt.asUintN(52, this.memory.u64(page, offset + 8)));
    if (!part) return { gfn, readonly, offset: 0, length: PAGE_SIZE };
    return { gfn, readonly, offset: this.memory.u16(page, offset + 4), length: this.memory.u16(page, offset + 6) };
  }

  private pin(ref: number, write: boolean, by: 1 | -1): void {
    const pins = this.pins.get(ref) ?? { readers: 0, writers: 0 };
    if (write) pins.writers += by;
    else pins.readers += by;
    if (pins.readers + pins.writers === 0) this.pins.delete(ref);
    else this.pins.set(ref, pins);
    const { page, offset } = this.statusWord(ref);
    const others = this.memory.u16(page, offset) & ~(GrantFlag.reading | GrantFlag.writing);
    const reading = pins.readers + pins.writers > 0 ? GrantFlag.reading : 0;
    this.memory.setU16(page, offset, others | reading | (pins.writers > 0 ? GrantFlag.writing : 0));
  }

  /** A handle, or undefined: there are too many. */
  addMapping(mapping: Mapping): number | undefined {
    const free = this.mappings.indexOf(null);
    const handle = free < 0 ? this.mappings.length : free;
    if (handle >= MAX_HANDLES) return undefined;
    this.mappings[handle] = mapping;
    this.pin(mapping.ref, !mapping.readonly, 1);
    return handle;
  }
  mapping(handle: number): Mapping | undefined {
    return this.mappings[handle] ?? undefined;
  }
  removeMapping(handle: number): void {
    const mapping = this.mapping(handle);
    if (mapping === undefined) return;
    this.mappings[handle] = null;
    this.pin(mapping.ref, !mapping.readonly, -1);
  }

  /** False: more than there can be. */
  grow(frames: number): boolean {
    if (frames > this.maxFrames) return false;
    this.frames = Math.max(this.frames, frames);
    return true;
  }

  /** Another format: all entries but the reserved ones are forgotten. */
  setVersion(version: 1 | 2): void {
    if (version === this.version) return;
    const kept: { flags: number; domain: number; gfn: number }[] = [];
    for (let ref = 0; ref < RESERVED_ENTRIES; ref++) {
      const { page, offset } = this.entry(ref);
      const gfn = this.version === 1 ? this.memory.u32(page, offset + 4) : Number(BigInt.asUintN(32, this.memory.u64(page, offset + 8)));
      kept.push({ flags: this.memory.u16(page, offset), domain: this.memory.u16(page, offset + 2), gfn });
    }
    const zeroes = new Uint8Array(PAGE_SIZE);
    for (let i = 0; i < this.frames; i++) this.memory.setBytes(this.physmap.xenRef(XenPages.grants + i), 0, zeroes);
    for (let i = 0; i < this.statusFrames; i++) this.memory.setBytes(this.physmap.xenRef(XenPages.status + i), 0, zeroes);
    this.version = version;
    for (const [ref, { flags, domain, gfn }] of kept.entries()) {
      const { page, offset } = this.entry(ref);
      this.memory.setU16(page, offset, flags);
      this.memory.setU16(page, offset + 2, domain);
      if (version === 1) this.memory.setU32(page, offset + 4, gfn);
      else this.memory.setU64(page, offset + 8, BigInt(gfn));
    }
  }

  /** Two entries change places; a status. */
  swap(a: number, b: number): number {
    if (a >= this.entries || b >= this.entries) return GrantStatus.badRef;
    if (this.pins.has(a) || this.pins.has(b)) return GrantStatus.generalError;
    const size = this.version === 1 ? V1_SIZE : V2_SIZE;
    const [first, second] = [this.entry(a), this.entry(b)];
    const bytes = this.memory.bytes(first.page, first.offset, size);
    this.memory.setBytes(first.page, first.offset, this.memory.bytes(second.page, second.offset, size));
    this.memory.setBytes(second.page, second.offset, bytes);
    return GrantStatus.okay;
  }

  save(): SavedValue {
    const pins = [...this.pins].sort(([a], [b]) => a - b).map(([ref, { readers, writers }]) => [ref, readers, writers]);
    return { version: this.version, frames: this.frames, mappings: this.mappings.map((each) => each && { ...each }), pins };
  }
  restore(state: SavedValue): void {
    const saved = state as unknown as { version: 1 | 2; frames: number; mappings: (Mapping | null)[]; pins: [number, number, number][] };
    this.version = saved.version;
    this.frames = saved.frames;
    this.mappings = saved.mappings.map((each) => each && { ...each });
    this.pins.clear();
    for (const [ref, readers, writers] of saved.pins) this.pins.set(ref, { readers, writers });
  }
}
