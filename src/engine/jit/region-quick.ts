// Instructions of helpers that the interpreter runs itself where they are usual (emit/quick-emitter.ts): a region calls the same functions, and leaves to the
// interpreter where they refuse.
import { Gpr } from '../../x86/layout';
import type { CodeCache } from '../code-cache';
import { QUICK_HELPERS } from '../emit/quick-emitter';
import { Micro } from '../handlers';
import { Exit, LookCell, QUICK_ALLOWED, QuickAllowed, R, Slot } from '../record';
import { gprSlot } from '../slots';
import type { EngineMemory } from '../vm-memory';
import type { RegionSite } from './region-site';

interface QuickCall {
  /** Of the record: slots of registers that it reads and writes besides. */
  readonly readSlots?: readonly number[];
  readonly writeSlots?: readonly number[];
  /** It may drop TLB entries. */
  readonly changesTlb?: boolean;
  /** Of QuickAllowed. */
  readonly bit: number;
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** It may take more of the budget than instructions. */
  readonly spends?: boolean;
}
const INTERRUPT_FLAG = { bit: QuickAllowed.interruptFlag, reads: [], writes: [] } as const;

const QUICK_CALLS: ReadonlyMap<number, QuickCall> = new Map<number, QuickCall>([
  [Micro.cli, INTERRUPT_FLAG],
  [Micro.sti, INTERRUPT_FLAG],
  [Micro.rdtsc, { bit: QuickAllowed.timeStamp, reads: [], writes: [Gpr.rax, Gpr.rdx] }],
  [Micro.rdtscp, { bit: QuickAllowed.timeStamp, reads: [], writes: [Gpr.rax, Gpr.rcx, Gpr.rdx] }],
  [Micro.cpuid, { bit: QuickAllowed.cpuid, reads: [Gpr.rax, Gpr.rcx], writes: [Gpr.rax, Gpr.rbx, Gpr.rcx, Gpr.rdx], spends: true }],
  [Micro.port, { bit: QuickAllowed.io, reads: [Gpr.rax, Gpr.rdx], writes: [Gpr.rax], spends: true }],
  [Micro.invlpg, { bit: QuickAllowed.invlpg, reads: [], writes: [], readSlots: [R.b, R.x], changesTlb: true }],
  [Micro.controlRead, { bit: QuickAllowed.controlRead, reads: [], writes: [], writeSlots: [R.a] }],
]);

/** An instruction that regions call a function for where the host lets the processor run it. */
export const isQuick = (memory: EngineMemory, cache: CodeCache, record: number): boolean => microAt(memory, cache, record) !== undefined;

/** Its micro-record, where the host does so now. */
export function quickAt(memory: EngineMemory, cache: CodeCache, record: number): number | undefined {
  const micro = microAt(memory, cache, record);
  return micro !== undefined && memory.i32[QUICK_ALLOWED >> 2]! & QUICK_CALLS.get(micro)!.bit ? micro : undefined;
}

function microAt(memory: EngineMemory, cache: CodeCache, record: number): number | undefined {
  // Of an instruction in another than its usual form the helper has the end of the block: nothing is given back for it.
  if (memory.u16[(record + R.plainOp) >> 1] !== Micro.helper || memory.i32[(record + R.imm) >> 2] === 0) return undefined;
  const { helper } = cache.descriptions[memory.i32[(record + R.link) >> 2]!]!.row;
  const micro = helper === undefined ? undefined : QUICK_HELPERS.get(helper);
  return micro !== undefined && QUICK_CALLS.has(micro) ? micro : undefined;
}

/** The general register whose slot it is, if any. */
function registerOf(slot: number): number[] {
  const register = (slot - gprSlot(0)) / 8;
  return register >= 0 && register < 16 ? [register] : [];
}

/** Emits the site's instruction; where the function refuses, `interpret` leaves to the interpreter. The region's own first record would enter the region again: it
 * is left to TypeScript, but for an exit that a look lies in. */
export function emitQuick(site: RegionSite, micro: number, isRoot: boolean, interpret: () => void): void {
  const { region, record } = site;
  const { f, base } = region;
  const { reads, writes, spends, readSlots = [], writeSlots = [], changesTlb } = QUICK_CALLS.get(micro)!;
  const named = (slots: readonly number[]): number[] => slots.flatMap((slot) => registerOf(site.i32(slot)));
  region.spill([...reads, ...named(readSlots)]);
  f.i32(0).get(base).i64(site.delta).op('i64.add').mem('i64.store', Slot.ripBase);
  const done = region.temp('i32');
  const call = (): void =>
    void f
      .i32(record)
      .call(region.imports.index(`quick${micro}`))
      .set(done);
  if (spends) region.apart(call);
  else call();
  f.get(done).op('i32.eqz').unlikely().if();
  if (isRoot) {
    if (spends) f.i32(0).i32(micro).mem('i32.store', LookCell.refused);
    site.leave(Exit.atRecord, 'refused');
  } else interpret();
  f.end();
  region.reload([...writes, ...named(writeSlots)]);
  if (changesTlb) region.ownPages();
}
