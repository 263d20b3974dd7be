// What the page walkers in WebAssembly end with: an architectural entry as VcpuTlb.fill makes it, and fast tags as VcpuTlb.arm sets them.
import type { Code, Local } from '../../wasm/code';
import { FRAME_TABLE, FRAME_TABLE_FRAMES, FrameKind, S, STATE } from '../../x86/layout';
import { emitDisown } from '../jit/page-cache';
import { TLB_ENTRIES, TLB_STRIDE, Tlb } from '../record';
import { emitTlbIndex } from '../tlb-index';
import {
  CODE_FRAMES,
  ENTRY_STRIDE,
  Entry,
  FETCH_LOG,
  FETCH_LOG_PAGES,
  Header,
  LIST_LIMIT,
  RUNNING_TLB,
  STOP_PAGES,
  TlbInfo,
  TlbKey,
  USED_FRAMES,
} from '../tlb-layout';

const BOTH = TlbInfo.writable | TlbInfo.dirty;

export class TlbFiller {
  readonly mmu: Local = 0;
  readonly lo: Local = 1;
  readonly hi: Local = 2;
  readonly want: Local = 3;
  readonly header: Local;
  /** Guest frame, TlbInfo and TlbKey. */
  readonly page: Local;
  readonly info: Local;
  readonly key: Local;
  private readonly index: Local;
  private readonly at: Local;
  private readonly frame: Local;
  private readonly bits: Local;
  private readonly isOpen: Local;
  private readonly linear: Local;

  constructor(private readonly f: Code) {
    const i32 = (): Local => f.local('i32');
    [this.header, this.page, this.info, this.key, this.index] = [i32(), i32(), i32(), i32(), i32()];
    [this.at, this.frame, this.bits, this.isOpen] = [i32(), i32(), i32(), i32()];
    this.linear = f.local('i64');
  }

  private test(local: Local, bits: number): Code {
    return this.f.get(local).i32(bits).op('i32.and');
  }
  private has(local: Local, bits: number): Code {
    return this.test(local, bits).i32(bits).op('i32.eq');
  }

  /** Sets `header`; pushes whether data is watched. */
  start(): Code {
    return this.f.i32(0).mem('i32.load', RUNNING_TLB).tee(this.header).mem('i32.load', Header.watching);
  }
  /** Pushes the place of the architectural entry. */
  place(): Code {
    const { f } = this;
    f.get(this.mmu).i32(TLB_ENTRIES).op('i32.mul');
    emitTlbIndex(f, () => f.get(this.lo));
    f.op('i32.add').tee(this.index);
    return f.i32(ENTRY_STRIDE).op('i32.mul').get(this.header).mem('i32.load', Header.entries).op('i32.add');
  }

  fill(): void {
    const { f } = this;
    this.place().set(this.at);
    this.note();
    f.get(this.at).get(this.lo).i32(-4096).op('i32.and').mem('i32.store', Entry.lo);
    f.get(this.at).get(this.hi).mem('i32.store', Entry.hi);
    f.get(this.at).get(this.page).mem('i32.store', Entry.gfn);
    f.get(this.at).get(this.info).i32(TlbInfo.valid).op('i32.or').get(this.key).i32(8).op('i32.shl', 'i32.or');
    f.get(this.header).mem('i32.load', Header.pcid).i32(16).op('i32.shl', 'i32.or').mem('i32.store', Entry.info);
    this.test(this.info, TlbInfo.large).if();
    f.get(this.header).get(this.lo).i32(21).op('i32.shr_u').i32(255).op('i32.and', 'i32.add').i32(1).mem('i32.store8', Header.large);
    this.test(this.info, TlbInfo.huge).if();
    f.get(this.header).i32(1).mem('i32.store', Header.huge);
    f.end().end();
  }
  /** Listed are those that are not global, unless they are already. */
  private note(): void {
    const { f } = this;
    const count = this.bits;
    f.get(this.at)
      .mem('i32.load8_u', Entry.info)
      .i32(TlbInfo.valid | TlbInfo.global)
      .op('i32.and')
      .i32(TlbInfo.valid)
      .op('i32.ne');
    this.test(this.info, TlbInfo.global).op('i32.eqz', 'i32.and').if();
    f.get(this.header).mem('i32.load', Header.count).tee(count).i32(LIST_LIMIT).op('i32.lt_u').if();
    f.get(this.header).get(count).i32(1).op('i32.shl', 'i32.add').get(this.index).mem('i32.store16', Header.list);
    f.get(this.header).get(count).i32(1).op('i32.add').mem('i32.store', Header.count);
    f.else();
    f.get(this.header).i32(1).mem('i32.store', Header.overflowed);
    f.end();
    f.end();
  }

  /** `granted`: PKRU refuses nothing. */
  arm(granted: boolean): void {
    const { f } = this;
    f.get(this.header).mem('i32.load', Header.fast).get(this.index).i32(TLB_STRIDE).op('i32.mul', 'i32.add').tee(this.at);
    // Lines of the page cache may have the page that the fast entry was of.
    f.mem('i32.load', Tlb.lined).if();
    f.get(this.at).i32(0).mem('i32.store', Tlb.lined);
    emitDisown(f);
    f.end();
    f.i32(0).set(this.frame);
    f.get(this.page).i32(FRAME_TABLE_FRAMES).op('i32.lt_u').if();
    f.get(this.page).i32(2).op('i32.shl').mem('i32.load', FRAME_TABLE).set(this.frame);
    f.end();
    f.get(this.frame).i32(12).op('i32.shr_u').i32(1).mem('i32.store8', USED_FRAMES);
    f.get(this.lo).i32(-4096).op('i32.and').tee(this.lo).op('i64.extend_i32_u');
    f.get(this.hi).op('i64.extend_i32_u').i64(32).op('i64.shl', 'i64.or').set(this.linear);
    this.test(this.frame, FrameKind.ram | FrameKind.watched)
      .i32(FrameKind.ram)
      .op('i32.eq')
      .set(this.isOpen);
    this.tag(Tlb.read, () => this.unlessKey(granted, 0).get(this.isOpen).op('i32.and'));
    this.tag(Tlb.write, () => {
      this.unlessKey(granted, 1).get(this.isOpen).op('i32.and');
      this.has(this.info, BOTH).op('i32.and');
      this.test(this.frame, FrameKind.readOnly | FrameKind.dirtyLog);
      f.get(this.frame).i32(12).op('i32.shr_u').mem('i32.load8_u', CODE_FRAMES).op('i32.or', 'i32.eqz', 'i32.and');
    });
    this.armFetches();
    f.get(this.at).get(this.frame).i32(-4096).op('i32.and').get(this.lo).op('i32.sub').mem('i32.store', Tlb.addend);
  }

  private tag(offset: number, allowed: () => unknown): void {
    const { f } = this;
    f.get(this.at).get(this.linear).i64(-1);
    allowed();
    f.op('select').mem('i64.store', offset);
  }
  private unlessKey(granted: boolean, write: number): Code {
    const { f } = this;
    if (granted) return f.i32(1);
    f.get(this.key).if('i32');
    this.denied(() => f.i32(write));
    return f.op('i32.eqz').else().i32(1).end();
  }
  /** Pushes 1 where PKRU refuses the access (to be written, if `write` pushes 1); the key applies. */
  denied(write: () => unknown): Code {
    const { f } = this;
    f.i32(0).mem('i32.load', STATE + S.pkru);
    this.test(this.key, TlbKey.number).i32(1).op('i32.shl', 'i32.shr_u').tee(this.bits);
    f.i32(1).op('i32.and');
    f.get(this.bits).i32(1).op('i32.shr_u').i32(1).op('i32.and');
    this.test(this.key, TlbKey.guardsWrites).i32(0).op('i32.ne', 'i32.and');
    write();
    return f.op('i32.and', 'i32.or');
  }

  private armFetches(): void {
    const { f } = this;
    // As fetchLogSlot has it.
    const slot = (): Code =>
      f
        .get(this.lo)
        .i32(12)
        .op('i32.shr_u')
        .get(this.hi)
        .op('i32.xor')
        .i32(FETCH_LOG_PAGES - 1)
        .op('i32.and');
    this.test(this.info, TlbInfo.executable).if();
    this.tag(Tlb.exec, () => {
      slot().tee(this.bits).mem('i32.load8_u', STOP_PAGES).op('i32.eqz');
      this.test(this.frame, FrameKind.ram).op('i32.and');
    });
    f.get(this.bits).i32(1).mem('i32.store8', FETCH_LOG);
    f.else();
    f.get(this.at).i64(-1).mem('i64.store', Tlb.exec);
    f.end();
  }
}
