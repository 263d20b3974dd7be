// Whether a watched place in memory can have been written between two snapshots: by the pages of RAM that were. Where a linear place was in RAM is known if
// the tables that lead there were not written between them: they are pages of RAM, too, and snapshots have what they were.
import { PAGE_SIZE, RAM_BASE } from '../../x86/layout';
import { pagingMode } from '../../x86/paging/levels';
import { type WalkMemory, walk } from '../../x86/paging/walk';
import type { StopPointSpec } from '../control/types';
import type { Host } from '../host';
import { readUnsigned } from '../memory-access';
import { pagingState } from '../paging-view';
import { decodeSaved } from '../state/saved-codec';
import type { Vm } from '../vm/vm';
import { notesOf } from './event-log';
import type { Snapshot } from './store';

type DataPlace = Extract<StopPointSpec['where'], { kind: 'data' }>;

const PAGE = BigInt(PAGE_SIZE);
const EFER = 0xc000_0080;
/** Numbers of one entry in a saved TLB: index, halves of the linear page, guest frame, info, tag. */
const TLB_ENTRY = { numbers: 6, lo: 1, hi: 2, gfn: 3 } as const;

export function mayHaveWritten(
  host: Host,
  all: readonly Snapshot[],
  index: number,
  log: ReadonlySet<number>,
  of: number,
  { space, address, length, access }: DataPlace,
): boolean {
  const vm = host.vms[of]!;
  // Reads are not noted; Xen's guests move pages.
  if (access === 'read' || access === 'access' || vm.config.hypervisor === 'xen') return true;
  const written = all[index]!.pages[of]!;
  const first = address / PAGE;
  const last = (address + BigInt(length) - 1n) / PAGE;
  for (let page = first; page <= last; page++) {
    const frames = space === 'physical' ? [Number(page)] : framesOf(host, all, index, log, vm, page * PAGE);
    if (frames === undefined || frames.some((gfn) => !isPlain(vm, gfn) || written.has(gfn))) return true;
  }
  return false;
}

/** RAM, at the place of its number. */
const isPlain = (vm: Vm, gfn: number): boolean => vm.engine.memory.offsetOf(gfn * PAGE_SIZE) === RAM_BASE + gfn * PAGE_SIZE;

/** Guest frames that a linear page was in at any time of the stretch; undefined: it cannot be told. */
function framesOf(
  host: Host,
  all: readonly Snapshot[],
  index: number,
  log: ReadonlySet<number>,
  vm: Vm,
  linear: bigint,
): number[] | undefined {
  const roots = notesOf(log, 'cr3').map(({ value }) => value);
  const isChanged =
    notesOf(log, 'paging').length > 0 ||
    notesOf(log, 'msr').some(({ value }) => value === undefined || value === EFER) ||
    signatureOf(vm) !== all[index]!.paging[vm.index] ||
    (all[index + 1] !== undefined && signatureOf(vm) !== all[index + 1]!.paging[vm.index]) ||
    all[index]!.moment.edits !== host.inputs.editsMade;
  if (isChanged || roots.includes(undefined)) return undefined;
  const frames = staleFrames(all[index]!, vm.index, linear);
  const past = new PastTables(vm, all, index);
  for (const { state } of vm.vcpus) {
    for (const root of [...all[index]!.roots[vm.index]!, ...roots.map((value) => BigInt(value!))]) {
      const { mode, result } = walk(pagingState(state, root), past, linear);
      if (mode === 'PAE' || past.isUncertain) return undefined;
      if (result !== null) frames.push(Math.floor(result.gpa / PAGE_SIZE));
    }
  }
  return frames;
}

/** Page tables as they were all through a stretch: pages that were not written in it (but for
 * accessed and dirty bits) are as snapshots have them, or as they are. */
class PastTables implements WalkMemory {
  /** A table was written in the stretch itself. */
  isUncertain = false;

  constructor(
    private readonly vm: Vm,
    private readonly all: readonly Snapshot[],
    private readonly index: number,
  ) {}

  isRam(gpa: number): boolean {
    return this.vm.engine.memory.offsetOf(gpa) !== undefined;
  }
  read64(gpa: number): bigint | undefined {
    const bytes = this.read(gpa, 8);
    return bytes && readUnsigned(bytes);
  }
  read32(gpa: number): number | undefined {
    const bytes = this.read(gpa, 4);
    return bytes && Number(readUnsigned(bytes));
  }

  private read(gpa: number, length: number): Uint8Array | undefined {
    const page = Math.floor(gpa / PAGE_SIZE);
    const { vm, all, index } = this;
    const later = all.findIndex(({ pages }, i) => i >= index && pages[vm.index]!.has(page));
    const isWritten = later === index && all[index]!.pages[vm.index]!.isWritten(page);
    if (isWritten || !isPlain(vm, page)) this.isUncertain = true;
    if (later < 0) return vm.engine.memory.read(gpa, length);
    const at = gpa % PAGE_SIZE;
    return all[later]!.pages[vm.index]!.get(page)?.slice(at, at + length) ?? new Uint8Array(length);
  }
}

/** How the vCPUs of a VM find pages, but for where their tables are. */
export const signatureOf = (vm: Vm): string =>
  vm.vcpus
    .map(({ state }) =>
      pagingMode({ cr0: state.u64('cr0'), cr3: 0n, cr4: state.u64('cr4'), efer: state.u64('efer'), physicalBits: 0, pkru: 0 }),
    )
    .join();

/** What a vCPU had in its TLB at the snapshot, whatever the tables said then. */
function staleFrames({ state }: Snapshot, vm: number, linear: bigint): number[] {
  const saved = decodeSaved(state) as unknown as { vms: { vcpus: { cpu: { tlb: readonly number[] } }[] }[] };
  const lo = Number(BigInt.asIntN(32, linear));
  const hi = Number(BigInt.asIntN(32, linear >> 32n));
  const frames: number[] = [];
  for (const { cpu } of saved.vms[vm]!.vcpus)
    for (let at = 0; at < cpu.tlb.length; at += TLB_ENTRY.numbers)
      if (cpu.tlb[at + TLB_ENTRY.lo] === lo && cpu.tlb[at + TLB_ENTRY.hi] === hi) frames.push(cpu.tlb[at + TLB_ENTRY.gfn]!);
  return frames;
}
