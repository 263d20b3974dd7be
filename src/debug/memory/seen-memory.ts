// Memory that somebody looked at, page by page, at this stop and at the one before: so that what has changed can be marked.

const PAGE = 4096n;
/** The memory behind all others. */
export const FRAMES = 'physical';
/** Pages of a memory kept at most: more than fits on any screen. */
const MOST_PAGES = 128;

/** Bytes of a page from its start on; shorter where it cannot be read to its end. */
export type ReadPage = (base: bigint) => Promise<Uint8Array>;

export interface SeenPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** The same bytes at the stop before, or, where nobody looked then, when they were first looked at; undefined: not readable then. */
  readonly before: Uint8Array | undefined;
  /** Somebody looked at the stop before. */
  readonly isCompared: boolean;
}

/** The same memory is seen through other address spaces and vCPUs, too: where a page lies, and how to read it there. */
export interface Frames {
  frameOf(address: bigint): Promise<bigint | undefined>;
  readonly readFrame: ReadPage;
}

interface Page {
  readonly base: bigint;
  readonly bytes: Uint8Array;
  /** When it was first looked at during this stop: a person may have changed it since. */
  readonly first: Uint8Array;
}

export class SeenMemory {
  /** By memory (address space) and page. */
  private now = new Map<string, Map<bigint, Page>>();
  private before = new Map<string, Map<bigint, Page>>();

  /** The guest goes on: what was seen is from the stop before now. */
  moved(): void {
    this.before = this.now;
    this.now = new Map();
  }

  /** What of [address, address + length) can be read. While the guest runs nothing is kept. */
  async read(memory: string, address: bigint, length: number, readPage: ReadPage, keep: boolean): Promise<SeenPiece[]> {
    if (keep) await this.catchUp(memory, readPage);
    const pieces: SeenPiece[] = [];
    const end = address + BigInt(length);
    for (let base = address - (address % PAGE); base < end; base += PAGE) {
      const bytes = await readPage(base);
      const page = keep ? this.keep(memory, base, bytes) : { base, bytes, first: bytes };
      const from = base > address ? base : address;
      const to = base + BigInt(page.bytes.length) < end ? base + BigInt(page.bytes.length) : end;
      if (to <= from) continue;
      const part = (bytes: Uint8Array): Uint8Array => bytes.slice(Number(from - base), Number(to - base));
      const atStop = this.before.get(memory)?.get(base)?.bytes;
      const old = atStop ?? page.first;
      const before = old.length >= Number(to - base) ? part(old) : undefined;
      pieces.push({ offset: Number(from - address), bytes: part(page.bytes), before, isCompared: atStop !== undefined });
    }
    return pieces;
  }

  /** As `read`; what nobody saw in this memory at the stop before is compared with what its frame was then, when that was seen through another. */
  async readMapped(
    memory: string,
    address: bigint,
    length: number,
    readPage: ReadPage,
    frames: Frames,
    keep: boolean,
  ): Promise<SeenPiece[]> {
    const pieces: SeenPiece[] = [];
    for (const piece of await this.read(memory, address, length, readPage, keep)) {
      const frame = await frames.frameOf(address + BigInt(piece.offset));
      const [same] = frame === undefined ? [] : await this.read(FRAMES, frame, piece.bytes.length, frames.readFrame, keep);
      const isBetter = !piece.isCompared && same?.isCompared && same.before?.length === piece.bytes.length;
      pieces.push(isBetter ? { ...piece, before: same.before, isCompared: true } : piece);
    }
    return pieces;
  }

  /** Pages seen at the stop before are looked at again, so that they can be compared at the next one, too. */
  private async catchUp(memory: string, readPage: ReadPage): Promise<void> {
    if (this.now.has(memory)) return;
    this.now.set(memory, new Map());
    for (const { base } of this.before.get(memory)?.values() ?? []) this.keep(memory, base, await readPage(base));
  }

  private keep(memory: string, base: bigint, bytes: Uint8Array): Page {
    const pages = this.now.get(memory) ?? new Map<bigint, Page>();
    this.now.set(memory, pages);
    const page = { base, bytes, first: pages.get(base)?.first ?? bytes };
    // The one looked at last is the last to go.
    pages.delete(base);
    pages.set(base, page);
    const [oldest] = pages.keys();
    if (pages.size > MOST_PAGES && oldest !== undefined) pages.delete(oldest);
    return page;
  }
}
