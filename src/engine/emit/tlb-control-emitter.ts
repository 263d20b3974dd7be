// INVLPG, and reads of control registers, at CPL 0 in 64-bit mode, as the interpreter runs them itself where they are no exits. Whatever is not usual is refused
// before any change, and the helper runs.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { ModeBit, S, STATE } from '../../x86/layout';
import { emitDisown } from '../jit/page-cache';
import { MMU_INDEXES, QUICK_ALLOWED, QuickAllowed, R, Slot, TLB_BYTES, TLB_ENTRIES, TLB_STRIDE, Tlb } from '../record';
import { emitFastEntryOffset, emitTlbIndex } from '../tlb-index';
import { ENTRY_STRIDE, Entry, Header, RUNNING_TLB, TlbInfo } from '../tlb-layout';

function refuseUnusual(f: Code, bit: number, helper: Label): void {
  f.i32(0).mem('i32.load', QUICK_ALLOWED).i32(bit).op('i32.and', 'i32.eqz');
  f.i32(0)
    .mem('i32.load', STATE + S.mode)
    .i32(ModeBit.code64)
    .op('i32.and', 'i32.eqz', 'i32.or');
  f.i32(0)
    .mem('i32.load', STATE + S.cpl)
    .op('i32.or')
    .brIf(helper);
}

/** (record) → 1: done; 0: nothing has happened. R.a: slot of the destination; R.b: where the register is. */
export function buildControlRead(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const helper = f.block();
  refuseUnusual(f, QuickAllowed.controlRead, helper);
  f.get(0).mem('i32.load', R.a).get(0).mem('i32.load', R.b).mem('i64.load').mem('i64.store');
  f.i32(1).op('return').end().i32(0);
  return index;
}

/** The same. R.b, R.x, R.scale, R.disp: the address as of other instructions. */
export function buildInvlpg(module: ModuleBuilder): number {
  const { index, code } = module.func(['i32'], ['i32']);
  new InvlpgEmitter(code).emit();
  return index;
}

class InvlpgEmitter {
  private readonly page: Local;
  private readonly lo: Local;
  private readonly header: Local;
  private readonly entry: Local;

  constructor(private readonly f: Code) {
    this.page = f.local('i64');
    [this.lo, this.header, this.entry] = [f.local('i32'), f.local('i32'), f.local('i32')];
  }

  emit(): void {
    const { f, page, lo, header } = this;
    const helper = f.block();
    refuseUnusual(f, QuickAllowed.invlpg, helper);
    f.get(0).mem('i32.load', R.b).mem('i64.load');
    f.get(0).mem('i32.load', R.x).mem('i64.load').get(0).mem('i64.load8_u', R.scale).op('i64.shl', 'i64.add');
    f.get(0).mem('i64.load32_s', R.disp).op('i64.add').i64(-4096).op('i64.and').tee(page).op('i32.wrap_i64').set(lo);
    // Canonical under any paging.
    f.get(page).i64(47).op('i64.shr_s').i64(1).op('i64.add').i64(1).op('i64.gt_u').brIf(helper);
    this.refuseFetchPage(helper);
    f.i32(0).mem('i32.load', RUNNING_TLB).tee(header).mem('i32.load', Header.huge);
    f.get(header).get(lo).i32(21).op('i32.shr_u').i32(255).op('i32.and', 'i32.add').mem('i32.load8_u', Header.large);
    f.op('i32.or').brIf(helper);
    emitDisown(f);
    for (let mmu = 0; mmu < MMU_INDEXES; mmu++) this.drop(mmu);
    f.i32(1).op('return').end().i32(0);
  }

  /** The page that is fetched from is looked up again behind INVLPG: nothing comes of it as long as its entry is there and is another. */
  private refuseFetchPage(helper: Label): void {
    const { f, page } = this;
    const fetched = (): Code => f.i32(0).mem('i64.load', Slot.fetchPage);
    fetched().get(page).op('i64.eq');
    f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.fast);
    emitFastEntryOffset(f, () => fetched().op('i32.wrap_i64'));
    f.op('i32.add').mem('i64.load', Tlb.exec);
    fetched().op('i64.ne', 'i32.or').brIf(helper);
  }

  /** The entry of an MMU index, where it is the page's in the current PCID, or global. */
  private drop(mmu: number): void {
    const { f, page, lo, header, entry } = this;
    f.get(header).mem('i32.load', Header.entries);
    f.i32(mmu * TLB_ENTRIES);
    emitTlbIndex(f, () => f.get(lo));
    f.op('i32.add').i32(ENTRY_STRIDE).op('i32.mul', 'i32.add').tee(entry);
    f.mem('i64.load', Entry.lo).get(page).op('i64.eq');
    f.get(entry).mem('i32.load8_u', Entry.info).i32(TlbInfo.valid).op('i32.and', 'i32.and');
    f.get(entry).mem('i32.load8_u', Entry.info).i32(TlbInfo.global).op('i32.and');
    f.get(entry).mem('i32.load16_u', Entry.pcid).get(header).mem('i32.load', Header.pcid).op('i32.eq', 'i32.or');
    f.i32(0).op('i32.ne', 'i32.and').if();
    f.get(entry).i32(0).mem('i32.store8', Entry.info);
    f.get(header).mem('i32.load', Header.fast);
    emitTlbIndex(f, () => f.get(lo));
    f.i32(TLB_STRIDE)
      .op('i32.mul', 'i32.add')
      .i32(mmu * TLB_BYTES)
      .op('i32.add')
      .set(entry);
    for (const tag of [Tlb.read, Tlb.write, Tlb.exec]) f.get(entry).i32(-1).mem('i32.store', tag);
    f.end();
  }
}
