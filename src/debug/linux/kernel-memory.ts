// The kernel's own data in a stopped guest: symbols, structures, lists and per-CPU variables, read through the kernel's page tables whatever a vCPU runs.
import { unsignedOf } from '../../symbols/location';
import type { VcpuStop } from '../frames/vcpu-stop';
import { KERNEL_MAP, type KernelFile } from './kernel-file';
import { type Field, Layout } from './layout';
import { linuxErrors } from './linux-errors';

const PAGE = 0x1000;
/** With page-table isolation the kernel's tables lie in the page before the user's (arch/x86/mm/pti.c). */
const PTI_BIT = 0x1000n;
const MOST_LIST = 65_536;
const MOST_TEXT = 4096;

export class KernelMemory {
  private readonly pages = new Map<bigint, Promise<Uint8Array>>();
  private readonly layouts = new Map<string, Layout>();

  private constructor(
    readonly stop: VcpuStop,
    readonly kernel: KernelFile,
    private readonly cr3: bigint | undefined,
  ) {}

  static async of(stop: VcpuStop, kernel: KernelFile): Promise<KernelMemory> {
    const seen = new KernelMemory(stop, kernel, undefined);
    const { file, text } = kernel;
    if ((await seen.bytes(text.start + file.slide, 1)) !== undefined && (await seen.reachesData())) return seen;
    return new KernelMemory(stop, kernel, stop.value('cr3') & ~PTI_BIT);
  }

  private async reachesData(): Promise<boolean> {
    const init = this.kernel.file.symbolAddress('init_task');
    return init === undefined || (await this.bytes(init, 8)) !== undefined;
  }

  /** Address of a symbol; per-CPU ones are offsets. */
  symbol(name: string): bigint {
    const address = this.kernel.file.symbolAddress(name);
    if (address === undefined) throw linuxErrors.noSymbol(name);
    return address;
  }

  hasSymbol(name: string): boolean {
    return this.kernel.file.symbolAddress(name) !== undefined;
  }

  layout(name: string): Layout {
    let layout = this.layouts.get(name);
    if (!layout) {
      layout = Layout.of(this.kernel.file.typeByName(`struct ${name}`));
      if (!layout) throw linuxErrors.noType(`struct ${name}`);
      this.layouts.set(name, layout);
    }
    return layout;
  }

  field(structure: string, ...paths: readonly string[]): Field {
    const field = this.layout(structure).first(...paths);
    if (!field) throw linuxErrors.noType(`struct ${structure}'s ${paths[0]}`);
    return field;
  }

  async bytes(address: bigint, length: number): Promise<Uint8Array | undefined> {
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const offset = Number(at % BigInt(PAGE));
      const page = await this.page(at - BigInt(offset));
      const part = page.subarray(offset, Math.min(PAGE, offset + length - done));
      if (part.length === 0) return undefined;
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  async number(address: bigint, size = 8): Promise<bigint> {
    const bytes = await this.bytes(address, size);
    if (!bytes) throw linuxErrors.unreadable(address);
    return unsignedOf(bytes);
  }

  /** A member of a structure at an address. */
  read(address: bigint, { offset, size }: Field): Promise<bigint> {
    return this.number(address + BigInt(offset), size);
  }

  async text(address: bigint, most = MOST_TEXT): Promise<string> {
    const parts: number[] = [];
    for (let at = address; parts.length < most; ) {
      const room = Math.min(most - parts.length, PAGE - Number(at % BigInt(PAGE)));
      const bytes = await this.bytes(at, room);
      if (!bytes) break;
      const end = bytes.indexOf(0);
      parts.push(...(end < 0 ? bytes : bytes.subarray(0, end)));
      if (end >= 0) break;
      at += BigInt(room);
    }
    return new TextDecoder().decode(Uint8Array.from(parts));
  }

  /** The structures of a struct list_head list: `head` is no member itself. */
  async *list(head: bigint, offset: number): AsyncGenerator<bigint> {
    let at = await this.number(head);
    for (let i = 0; at !== head && at !== 0n && i < MOST_LIST; i++) {
      yield at - BigInt(offset);
      at = await this.number(at);
    }
  }

  // Per CPU

  /** Where the per-CPU area of a CPU begins, counted so that symbols are offsets. */
  perCpuBase(cpu: number): Promise<bigint> {
    return this.number(this.symbol('__per_cpu_offset') + BigInt(cpu * 8));
  }

  /** Of the vCPU at hand: GS.base in the kernel, what SWAPGS brings back in user mode. */
  get ownPerCpuBase(): bigint {
    const { stop } = this;
    const base = stop.value('gs.base');
    return base >= KERNEL_MAP || base >= 0x8000_0000_0000_0000n ? base : stop.value('kernel_gs_base');
  }

  /** A per-CPU symbol as an offset: sections of that kind are linked at 0 and do not move. */
  perCpuOffset(name: string): bigint {
    return BigInt.asUintN(64, this.symbol(name) - this.kernel.file.slide);
  }

  private page(base: bigint): Promise<Uint8Array> {
    let page = this.pages.get(base);
    if (!page) {
      const { context, vcpu } = this.stop;
      const space = { kind: 'virtual', vcpu, ...(this.cr3 !== undefined && { cr3: this.cr3 }) } as const;
      page = context.control.readMemory(context.vm, space, base, PAGE);
      this.pages.set(base, page);
    }
    return page;
  }
}
