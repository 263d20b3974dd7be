// What of the TLB is in the interpreter's module beside the page walker: accesses that the fast entries do not cover, and the look-up of the block that a branch
// goes to. Whatever is not usual is left to TypeScript.
import type { Code } from '../wasm/code';
import type { ModuleBuilder } from '../wasm/module';
import { FRAME_TABLE, FrameKind, ModeBit, S, STATE } from '../x86/layout';
import { ACCESS_WRITE } from './access-info';
import { emitDisown } from './jit/page-cache';
import {
  H,
  HASH_BASE,
  HASH_ENTRIES,
  PageFaultCell,
  QUICK_ALLOWED,
  QuickAllowed,
  R,
  RECORD_SIZE,
  Slot,
  TLB_BYTES,
  TLB_ENTRIES,
  Tlb,
} from './record';
import { emitFastEntryOffset, emitTlbIndex } from './tlb-index';
import { CODE_FRAMES, CODE_LINES, ENTRY_STRIDE, Entry, Header, Looked, MmuIndex, RUNNING_TLB, TlbInfo, Want } from './tlb-layout';

/** (linear page, MMU index) → 1 where the running vCPU's TLB has a valid entry of that page, of whatever PCID. */
export function buildIsLive(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i64', 'i32'], ['i32']);
  const [page, mmu] = [0, 1];
  const entry = f.local('i32');
  f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.entries);
  f.get(mmu).i32(TLB_ENTRIES).op('i32.mul');
  emitTlbIndex(f, () => f.get(page).op('i32.wrap_i64'));
  f.op('i32.add').i32(ENTRY_STRIDE).op('i32.mul', 'i32.add').tee(entry);
  f.mem('i64.load', Entry.lo).get(page).op('i64.eq').get(entry).mem('i32.load8_u', Entry.info).op('i32.and');
  return index;
}

/** A store within a page that may be read: (linear address, info, MMU index, fast entry) → host address, where the page has no write tag for the code in it alone, and
 * the store is to none of the lines that hold some, or to an immediate; or 0. */
function buildBesideCode(module: ModuleBuilder, immediate: number): number {
  const { index, code: f } = module.func(['i64', 'i32', 'i32', 'i32'], ['i32']);
  const [va, info, mmu, fast] = [0, 1, 2, 3];
  const [offset, entry] = [f.local('i32'), f.local('i32')];
  const lines = f.local('i64');
  const out = f.block();
  f.get(fast).mem('i64.load', Tlb.read).get(va).i64(-4096).op('i64.and', 'i64.ne').brIf(out);
  f.i32(0).mem('i32.load', RUNNING_TLB).tee(entry).mem('i32.load', Header.watching).brIf(out);
  f.get(entry).mem('i32.load', Header.entries);
  f.get(mmu).i32(TLB_ENTRIES).op('i32.mul');
  emitTlbIndex(f, () => f.get(va).op('i32.wrap_i64'));
  f.op('i32.add').i32(ENTRY_STRIDE).op('i32.mul', 'i32.add').set(entry);
  f.get(entry)
    .mem('i32.load8_u', Entry.info)
    .i32(TlbInfo.valid | TlbInfo.writable | TlbInfo.dirty)
    .op('i32.and');
  f.i32(TlbInfo.valid | TlbInfo.writable | TlbInfo.dirty)
    .op('i32.ne')
    .brIf(out);
  f.get(entry).mem('i32.load8_u', Entry.key).brIf(out);
  f.get(entry).mem('i32.load', Entry.gfn).i32(2).op('i32.shl').mem('i32.load', FRAME_TABLE);
  f.i32(FrameKind.ram | FrameKind.readOnly | FrameKind.dirtyLog | FrameKind.watched).op('i32.and');
  f.i32(FrameKind.ram).op('i32.ne').brIf(out);
  f.get(va).op('i32.wrap_i64').get(fast).mem('i32.load', Tlb.addend).op('i32.add').set(offset);
  f.get(offset).i32(12).op('i32.shr_u').mem('i32.load8_u', CODE_FRAMES).i32(Looked.code).op('i32.ne').brIf(out);
  // Where no block is left, TypeScript counts stores.
  f.get(offset).i32(12).op('i32.shr_u').i32(3).op('i32.shl').mem('i64.load', CODE_LINES).tee(lines).op('i64.eqz').brIf(out);
  f.get(lines).get(offset).i32(6).op('i32.shr_u').i32(63).op('i32.and', 'i64.extend_i32_u', 'i64.shr_u');
  // A bit for each line that the store reaches.
  f.i64(2).get(offset).i32(63).op('i32.and').get(info).i32(0xffff).op('i32.and', 'i32.add').i32(1).op('i32.sub').i32(6);
  f.op('i32.shr_u', 'i64.extend_i32_u', 'i64.shl').i64(1).op('i64.sub', 'i64.and', 'i64.eqz').if();
  f.get(offset).op('return').end();
  f.get(offset).get(info).call(immediate).op('return');
  f.end();
  f.i32(0);
  return index;
}

/** What the fast TLB does not cover: (linear address, info, record) → host address or 0. Within a page the walker is asked first, and TypeScript for the rest. */
export function buildAccess(
  module: ModuleBuilder,
  { walk, rearm, firstWrite, immediate, slow }: { walk: number; rearm: number; firstWrite: number; immediate: number; slow: number },
): number {
  const besideCode = buildBesideCode(module, immediate);
  const { index, code: f } = module.func(['i64', 'i32', 'i32'], ['i32']);
  const [va, info, record] = [0, 1, 2];
  const [lo, hi, mode, mmu, entry, write] = [
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
  ];
  /** `entry`: the architectural one of the page. */
  const architectural = (): void => {
    f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.entries);
    f.get(mmu).i32(TLB_ENTRIES).op('i32.mul');
    emitTlbIndex(f, () => f.get(lo));
    f.op('i32.add').i32(ENTRY_STRIDE).op('i32.mul', 'i32.add').set(entry);
  };
  f.get(va).i64(32).op('i64.shr_u', 'i32.wrap_i64').set(hi);
  f.block();
  const out = f.nesting;
  f.get(va).op('i32.wrap_i64').tee(lo).i32(4095).op('i32.and').get(info).i32(0xffff).op('i32.and', 'i32.add');
  f.i32(4096).op('i32.gt_u').brIf(out);
  f.i32(0)
    .mem('i32.load', STATE + S.mode)
    .tee(mode)
    .i32(ModeBit.alignmentCheck)
    .op('i32.and')
    .brIf(out);
  f.i32(MmuIndex.user).i32(MmuIndex.smap).i32(MmuIndex.supervisor);
  f.get(mode).i32(ModeBit.smap).op('i32.and', 'select').get(mode).i32(ModeBit.user).op('i32.and', 'select').set(mmu);
  f.get(info).i32(ACCESS_WRITE).op('i32.and').i32(0).op('i32.ne').set(write);
  f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.watching).brIf(out);
  f.block();
  const filled = f.nesting;
  architectural();
  f.get(entry).mem('i64.load', Entry.lo).get(va).i64(-4096).op('i64.and', 'i64.eq').if();
  f.get(mmu).get(lo).get(hi).get(write).call(rearm).brIf(filled);
  // A live entry without the tag has a reason for it.
  f.get(entry)
    .mem('i32.load8_u', Entry.info)
    .i32(TlbInfo.valid | TlbInfo.writable | TlbInfo.dirty)
    .op('i32.and');
  f.i32(TlbInfo.valid | TlbInfo.writable | TlbInfo.dirty).op('i32.eq');
  f.get(write).op('i32.eqz');
  f.get(entry).mem('i32.load8_u', Entry.info).i32(TlbInfo.valid).op('i32.and', 'i32.and', 'i32.or').brIf(out);
  f.end();
  f.i32(0).i32(0).mem('i32.store', PageFaultCell.code);
  f.get(mmu).get(lo).get(hi).get(write).call(walk).op('i32.eqz').if();
  // A page fault that the loop may deliver.
  f.i32(0).mem('i32.load', PageFaultCell.code).op('i32.eqz').brIf(out);
  f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(QuickAllowed.pageFault).op('i32.and', 'i32.eqz').brIf(out);
  f.i32(0).i32(1).mem('i32.store', PageFaultCell.waits);
  f.i32(0).get(va).mem('i64.store', PageFaultCell.address);
  f.i32(0).get(info).mem('i32.store', PageFaultCell.info);
  f.i32(0).get(record).mem('i32.store', PageFaultCell.record);
  f.i32(0).op('return').end().end();
  f.get(write).if();
  architectural();
  f.get(entry).mem('i32.load', Entry.gfn).call(firstWrite).if();
  f.get(mmu).get(lo).get(hi).get(write).call(rearm).op('i32.eqz').brIf(out);
  f.end().end();
  f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.fast);
  f.get(mmu).i32(TLB_BYTES).op('i32.mul', 'i32.add');
  emitFastEntryOffset(f, () => f.get(lo));
  f.op('i32.add').tee(entry);
  f.mem('i64.load', Tlb.write).get(entry).mem('i64.load', Tlb.read).get(write).op('select').get(va).i64(-4096).op('i64.and', 'i64.ne').if();
  f.get(write).op('i32.eqz').brIf(out);
  f.get(va).get(info).get(mmu).get(entry).call(besideCode).tee(entry).op('i32.eqz').brIf(out);
  f.get(entry).op('return').end();
  f.get(lo).get(entry).mem('i32.load', Tlb.addend).op('i32.add', 'return');
  f.end();
  emitDisown(f);
  f.get(va).op('i32.wrap_i64').get(hi).get(info).get(record).call(slow);
  return index;
}

/** Whether a block that crosses pages still has its second one behind the page that is fetched from: (record) → 0 leaves. Where the fast entry does not say so,
 * TypeScript looks. */
export function buildStraddle(module: ModuleBuilder, slow: number): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const record = 0;
  const page = f.local('i64');
  const entry = f.local('i32');
  f.i32(0).mem('i64.load', Slot.fetchPage).i64(4096).op('i64.add').set(page);
  f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.fast);
  f.i32(MmuIndex.user * TLB_BYTES).i32(0);
  f.i32(0)
    .mem('i32.load', STATE + S.mode)
    .i32(ModeBit.user)
    .op('i32.and', 'select', 'i32.add');
  emitFastEntryOffset(f, () => f.get(page).op('i32.wrap_i64'));
  f.op('i32.add').tee(entry).mem('i64.load', Tlb.exec).get(page).op('i64.eq');
  f.get(entry)
    .mem('i32.load', Tlb.addend)
    .get(page)
    .op('i32.wrap_i64', 'i32.add')
    .get(record)
    .mem('i32.load', R.disp)
    .op('i32.eq', 'i32.and')
    .if();
  // Outside long mode addresses end at 4 GiB.
  f.get(page).op('i32.wrap_i64').if();
  f.i32(1).op('return').end().end();
  emitDisown(f);
  f.get(record).call(slow);
  return index;
}

/** The block at a linear address, as branches look it up: (RIP, fast TLB) → first record or 0. With the branch's record as a third parameter, the header of the block
 * that it found last is in R.link: most branches always find the same one, and its header is read anyway, which a place in the hash is not. */
export function buildLookup(
  module: ModuleBuilder,
  { walk, rearm, isLive }: { walk: number; rearm: number; isLive: number },
  remembers: boolean,
): number {
  const { index, code: f } = module.func(remembers ? ['i64', 'i32', 'i32'] : ['i64', 'i32'], ['i32']);
  const [rip, tlb, branch] = [0, 1, 2];
  const page = f.local('i64');
  const entry = f.local('i32');
  const physical = f.local('i32');
  const mode = f.local('i32');
  const mmu = f.local('i32');
  // Only flat modes: elsewhere CS has a base and a limit, and TypeScript looks.
  f.i32(0)
    .mem('i32.load', STATE + S.mode)
    .tee(mode)
    .i32(ModeBit.flat)
    .op('i32.and', 'i32.eqz')
    .if();
  f.i32(0).op('return').end();
  f.get(rip).i64(-4096).op('i64.and').tee(page).i32(0).mem('i64.load', Slot.fetchPage).op('i64.ne').if();
  emitFastEntryOffset(f, () => f.get(rip).op('i32.wrap_i64'));
  f.get(tlb).op('i32.add');
  // Instructions are fetched through the supervisor's entries, whatever SMAP makes of its data accesses.
  f.get(mode)
    .i32(ModeBit.smap)
    .op('i32.and')
    .i32((MmuIndex.smap * TLB_BYTES) / ModeBit.smap)
    .op('i32.mul', 'i32.sub')
    .tee(entry)
    .mem('i64.load', Tlb.exec)
    .get(page)
    .op('i64.ne')
    .if();
  f.get(mode).i32(ModeBit.user).op('i32.and').i32(0).op('i32.ne').set(mmu);
  const fetching = () => f.get(mmu).get(page).op('i32.wrap_i64').get(page).i64(32).op('i64.shr_u', 'i32.wrap_i64').i32(Want.fetch);
  fetching().call(rearm).op('i32.eqz').if();
  // A live entry without the tag has a reason for it.
  f.get(page).get(mmu).call(isLive).if();
  f.i32(0).op('return').end();
  fetching().call(walk).op('i32.eqz').if();
  f.i32(0).op('return').end().end();
  f.get(entry).mem('i64.load', Tlb.exec).get(page).op('i64.ne').if();
  f.i32(0).op('return').end();
  f.end();
  f.i32(0).get(page).mem('i64.store', Slot.fetchPage);
  f.i32(0).get(page).op('i32.wrap_i64').get(entry).mem('i32.load', Tlb.addend).op('i32.add').mem('i32.store', Slot.fetchOffset);
  f.end();
  f.i32(0).mem('i32.load', Slot.fetchOffset).get(rip).op('i32.wrap_i64').i32(4095).op('i32.and', 'i32.or').tee(physical);
  f.op('i64.extend_i32_u').get(mode).op('i64.extend_i32_u').i64(32).op('i64.shl', 'i64.or').set(page);
  /** `entry`: a header. */
  const isIt = (): Code => f.get(entry).mem('i64.load', H.physical).get(page).op('i64.eq');
  if (remembers) {
    f.get(branch).mem('i32.load', R.link).set(entry);
    isIt().if();
    f.get(entry).i32(RECORD_SIZE).op('i32.add', 'return').end();
  }
  f.get(physical).get(physical).i32(12).op('i32.shr_u', 'i32.xor');
  f.i32(HASH_ENTRIES - 1)
    .op('i32.and')
    .i32(2)
    .op('i32.shl')
    .mem('i32.load', HASH_BASE)
    .set(entry);
  isIt().if();
  if (remembers) f.get(branch).get(entry).mem('i32.store', R.link);
  f.get(entry).i32(RECORD_SIZE).op('i32.add', 'return').end();
  f.i32(0);
  return index;
}
