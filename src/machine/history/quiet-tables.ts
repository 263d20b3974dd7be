// By which page tables the vCPUs of a VM may have found memory between two snapshots, and what was where: known if those tables were not written between them.
// They are pages of RAM, too, and snapshots have what they were.
import { PAGE_SIZE } from '../../x86/layout';
import { nxEnabled, type PagingState, pagingMode, pseEnabled } from '../../x86/paging/levels';
import { mappedRanges } from '../../x86/paging/mapped-ranges';
import { walk } from '../../x86/paging/walk';
import type { Host } from '../host';
import { pagingState } from '../paging-view';
import { decodeSaved } from '../state/saved-codec';
import type { Vm } from '../vm/vm';
import { notesOf } from './event-log';
import { PastTables } from './past-tables';
import type { Snapshot } from './store';

const EFER = 0xc000_0080;
/** Numbers of one entry in a saved TLB: index, halves of the linear page, guest frame, info, tag. */
const TLB_ENTRY = { numbers: 6, lo: 1, hi: 2, gfn: 3 } as const;
/** Ranges and table entries that a search reads of one address space: beyond that, going through the stretch is as quick. */
const MOST_RANGES = 1 << 14;
const MOST_ENTRIES = 1 << 16;

/** A stretch of one VM: from a snapshot on, with what was noted in it. */
export interface Stretch {
  readonly host: Host;
  readonly all: readonly Snapshot[];
  readonly index: number;
  readonly vm: Vm;
  readonly log: ReadonlySet<number>;
}

/** Guest frames have what they had then: only a guest of Xen moves them. */
export const framesStayed = ({ all, index, vm }: Stretch): boolean =>
  vm.config.hypervisor !== 'xen' || all[index]!.frameChanges[vm.index] === vm.engine.memory.frameChanges;

/** Guest frames that a linear page was in at any time of the stretch; undefined: it cannot be told. */
export function framesOf(stretch: Stretch, linear: bigint): number[] | undefined {
  const spaces = spacesOf(stretch);
  if (spaces === undefined) return undefined;
  const past = new PastTables(stretch.vm, stretch.all, stretch.index);
  const frames = staleEntries(stretch).flatMap(({ page, gfn }) => (page === linear ? [gfn] : []));
  for (const space of spaces) {
    const { result } = walk(space, past, linear);
    if (result !== null) frames.push(Math.floor(result.gpa / PAGE_SIZE));
  }
  return past.isUncertain ? undefined : frames;
}

/** Linear addresses at which an instruction at a guest-physical address may have been run; undefined: it cannot be told. */
export function linearsOf(stretch: Stretch, gpa: number): bigint[] | undefined {
  const spaces = spacesOf(stretch);
  if (spaces === undefined) return undefined;
  const past = new PastTables(stretch.vm, stretch.all, stretch.index);
  const offset = BigInt(gpa % PAGE_SIZE);
  const found = staleEntries(stretch).flatMap(({ page, gfn }) => (gfn === Math.floor(gpa / PAGE_SIZE) ? [page + offset] : []));
  for (const space of spaces) {
    if (pagingMode(space) === 'none') {
      found.push(BigInt(gpa));
      continue;
    }
    const { ranges, next } = mappedRanges(space, past, 0n, MOST_RANGES, MOST_ENTRIES);
    if (next !== null) return undefined;
    for (const { start, end, gpa: first, executable } of ranges)
      if (executable && gpa >= first && gpa < first + Number(end - start)) found.push(start + BigInt(gpa - first));
  }
  return past.isUncertain ? undefined : found;
}

/** Every way that a vCPU may have found pages in the stretch; undefined: it cannot be told. */
function spacesOf(stretch: Stretch): PagingState[] | undefined {
  const { host, all, index, vm, log } = stretch;
  const snapshot = all[index]!;
  const roots = notesOf(log, 'cr3').map(({ value }) => value);
  const isChanged =
    !framesStayed(stretch) ||
    notesOf(log, 'paging').length > 0 ||
    notesOf(log, 'msr').some(({ value }) => value === undefined || value === EFER) ||
    signatureOf(vm) !== snapshot.paging[vm.index] ||
    (all[index + 1] !== undefined && signatureOf(vm) !== all[index + 1]!.paging[vm.index]) ||
    snapshot.moment.edits !== host.inputs.editsMade;
  if (isChanged || roots.includes(undefined)) return undefined;
  const spaces = new Map<string, PagingState>();
  const add = (space: PagingState): void =>
    void spaces.set([pagingMode(space), space.cr3, space.pdptes, space.efer, space.cr4].join(), space);
  for (const { state } of vm.vcpus) {
    for (const root of [...snapshot.roots[vm.index]!, ...roots.map((value) => BigInt(value!))]) add(pagingState(state, root));
    // What the table said when CR3 was loaded: it may have said something else by the snapshot (SDM vol 3, 5.4.1).
    if (pagingMode(pagingState(state)) === 'PAE') for (const pdptes of snapshot.pdptes[vm.index]!) add({ ...pagingState(state), pdptes });
  }
  return [...spaces.values()];
}

/** How the vCPUs of a VM find pages, but for where their tables are. */
export const signatureOf = (vm: Vm): string =>
  vm.vcpus
    .map(({ state }) => {
      const paging = pagingState(state);
      return [pagingMode(paging), pseEnabled(paging), nxEnabled(paging)].join();
    })
    .join();

/** What vCPUs had in their TLBs at the snapshot, whatever the tables said then. */
function staleEntries({ all, index, vm }: Stretch): { page: bigint; gfn: number }[] {
  const saved = decodeSaved(all[index]!.state) as unknown as { vms: { vcpus: { cpu: { tlb: readonly number[] } }[] }[] };
  const entries: { page: bigint; gfn: number }[] = [];
  for (const { cpu } of saved.vms[vm.index]!.vcpus)
    for (let at = 0; at < cpu.tlb.length; at += TLB_ENTRY.numbers) {
      const [lo, hi] = [cpu.tlb[at + TLB_ENTRY.lo]!, cpu.tlb[at + TLB_ENTRY.hi]!];
      entries.push({ page: (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0), gfn: cpu.tlb[at + TLB_ENTRY.gfn]! });
    }
  return entries;
}
