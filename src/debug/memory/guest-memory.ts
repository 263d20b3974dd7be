// The guest's memory as one vCPU sees it during one stop: whole pages are fetched once, since views ask for many small pieces.
import type { MachineControl } from '../../machine/control/control';

const PAGE = 4096;
const MASK = BigInt(PAGE - 1);
const MAX_PAGES = 4096;

export class GuestMemory {
  private readonly pages = new Map<bigint, Promise<Uint8Array>>();

  constructor(
    readonly control: MachineControl,
    readonly vm: number,
    readonly vcpu: number,
  ) {}

  /** Forget everything: the guest ran, or memory was written. */
  invalidate(): void {
    this.pages.clear();
  }

  /** As many bytes as can be read from the start. */
  async read(address: bigint, length: number): Promise<Uint8Array> {
    const start = BigInt.asUintN(64, address);
    const offset = Number(start & MASK);
    const first = await this.page(start - BigInt(offset));
    if (offset + length <= first.length) return first.subarray(offset, offset + length);
    const parts: Uint8Array[] = [first.subarray(Math.min(offset, first.length))];
    let have = parts[0]?.length ?? 0;
    let full = first.length === PAGE;
    for (let at = start - BigInt(offset) + BigInt(PAGE); full && have < length; at += BigInt(PAGE)) {
      const page = await this.page(BigInt.asUintN(64, at));
      const piece = page.subarray(0, Math.min(page.length, length - have));
      parts.push(piece);
      have += piece.length;
      full = page.length === PAGE;
    }
    const whole = new Uint8Array(have);
    let at = 0;
    for (const piece of parts) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** Exactly so many bytes, or undefined. */
  async exactly(address: bigint, length: number): Promise<Uint8Array | undefined> {
    const bytes = await this.read(address, length);
    return bytes.length === length ? bytes : undefined;
  }

  /** Bytes written from the start. */
  async write(address: bigint, bytes: Uint8Array): Promise<number> {
    this.invalidate();
    return this.control.writeMemory(this.vm, { kind: 'virtual', vcpu: this.vcpu }, BigInt.asUintN(64, address), bytes);
  }

  private page(base: bigint): Promise<Uint8Array> {
    let page = this.pages.get(base);
    if (!page) {
      if (this.pages.size >= MAX_PAGES) this.pages.clear();
      page = this.control.readMemory(this.vm, { kind: 'virtual', vcpu: this.vcpu }, base, PAGE);
      this.pages.set(base, page);
    }
    return page;
  }
}
