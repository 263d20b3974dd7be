// Page tables as they were all through a stretch between two snapshots: pages that were not written in it (but for accessed and dirty bits) are as snapshots have
// them, or as they are now.
import { PAGE_SIZE, RAM_BASE } from '../../x86/layout';
import type { WalkMemory } from '../../x86/paging/walk';
import type { Vm } from '../vm/vm';
import type { Snapshot } from './store';

/** RAM, at the place of its number. */
export const isPlain = (vm: Vm, gfn: number): boolean => vm.engine.memory.offsetOf(gfn * PAGE_SIZE) === RAM_BASE + gfn * PAGE_SIZE;

export class PastTables implements WalkMemory {
  /** A table was written in the stretch itself. */
  isUncertain = false;
  /** undefined: not RAM. */
  private readonly pages = new Map<number, DataView | undefined>();

  constructor(
    private readonly vm: Vm,
    private readonly all: readonly Snapshot[],
    private readonly index: number,
  ) {}

  isRam(gpa: number): boolean {
    return this.vm.engine.memory.offsetOf(gpa) !== undefined;
  }
  read64(gpa: number): bigint | undefined {
    return this.page(gpa)?.getBigUint64(gpa % PAGE_SIZE, true);
  }
  read32(gpa: number): number | undefined {
    return this.page(gpa)?.getUint32(gpa % PAGE_SIZE, true);
  }

  private page(gpa: number): DataView | undefined {
    const page = Math.floor(gpa / PAGE_SIZE);
    if (this.pages.has(page)) return this.pages.get(page);
    const bytes = this.bytes(page);
    const view = bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.pages.set(page, view);
    return view;
  }

  private bytes(page: number): Uint8Array | undefined {
    const { vm, all, index } = this;
    const later = all.findIndex(({ pages }, i) => i >= index && pages[vm.index]!.has(page));
    const isWritten = later === index && all[index]!.pages[vm.index]!.isWritten(page);
    if (isWritten || !isPlain(vm, page)) this.isUncertain = true;
    if (later < 0) return vm.engine.memory.read(page * PAGE_SIZE, PAGE_SIZE);
    return all[later]!.pages[vm.index]!.get(page) ?? new Uint8Array(PAGE_SIZE);
  }
}
