// The page walker in WebAssembly (SDM vol 3 ch. 5): 4-level, 5-level and PAE paging, A and D bits, protection keys, and the fill of the TLB. It does what mmu.ts
// does, or nothing: where an access faults, where tables are no plain RAM, where code or a watch lies on a table that is to be marked, it gives up before any
// change, and mmu.ts walks again. What a page fault of data would have for an error code it says where that is plain.
import type { Code, Local } from '../wasm/code';
import type { ModuleBuilder } from '../wasm/module';
import { PfError } from '../x86/fault';
import { FRAME_TABLE, FRAME_TABLE_FRAMES, FrameKind, ModeBit, S, STATE } from '../x86/layout';
import { PHYSICAL_ADDRESS_BITS } from '../x86/system/bits';
import { emitDisown } from './jit/page-cache';
import { PageFaultCell, TLB_ENTRIES, TLB_STRIDE, Tlb, WALK_FAULTS } from './record';
import { emitTlbIndex } from './tlb-index';
import {
  CODE_FRAMES,
  ENTRY_STRIDE,
  Entry,
  FETCH_LOG,
  FETCH_LOG_PAGES,
  Header,
  LIST_LIMIT,
  MmuIndex,
  RUNNING_TLB,
  STOP_PAGES,
  TlbInfo,
  TlbKey,
  USED_FRAMES,
  WALK_PATH,
  WALKS,
  Want,
} from './tlb-layout';

const P = 1;
const W = 2;
const U = 4;
const A = 0x20;
const D = 0x40;
const PS = 0x80;
const G = 0x100;
const CR0_WP = 1 << 16;
const CR4_PAE = 1 << 5;
const CR4_PGE = 1 << 7;
const CR4_LA57 = 1 << 12;
const CR4_SMEP = 1 << 20;
const CR4_PKE = 1 << 22;
const EFER_NXE = 1 << 11;
const FRAME_NUMBER = 0xff_ffff_ffffn;
const NX = 1n << 63n;
/** Bits 51:MAXPHYADDR, and what is reserved besides in PAE's entries. */
const RESERVED = (1n << 52n) - (1n << BigInt(PHYSICAL_ADDRESS_BITS));
const PAE_RESERVED = 0x7ff0_0000n << 32n;
/** Between the PAT bit and the page's address. */
const RESERVED_2M = 0x001f_e000;
const RESERVED_1G = 0x3fff_e000;
const UNMARKABLE = FrameKind.readOnly | FrameKind.dirtyLog | FrameKind.watched;

class WalkerEmitter {
  private readonly mmu: Local = 0;
  private readonly lo: Local = 1;
  private readonly hi: Local = 2;
  private readonly want: Local = 3;
  private readonly header: Local;
  private readonly mode: Local;
  private readonly cr4: Local;
  private readonly va: Local;
  private readonly table: Local;
  private readonly shift: Local;
  private readonly level: Local;
  private readonly at: Local;
  private readonly entry: Local;
  private readonly mask: Local;
  private readonly all: Local;
  private readonly any: Local;
  private readonly depth: Local;
  private readonly frame: Local;
  private readonly info: Local;
  private readonly key: Local;
  private readonly page: Local;
  private readonly index: Local;
  private readonly need: Local;
  private readonly bits: Local;

  constructor(private readonly f: Code) {
    const i32 = (): Local => f.local('i32');
    const i64 = (): Local => f.local('i64');
    [this.header, this.mode, this.cr4, this.level, this.at, this.depth] = [i32(), i32(), i32(), i32(), i32(), i32()];
    [this.frame, this.info, this.key, this.page, this.index, this.need, this.bits] = [i32(), i32(), i32(), i32(), i32(), i32(), i32()];
    [this.va, this.table, this.shift, this.entry, this.mask, this.all, this.any] = [i64(), i64(), i64(), i64(), i64(), i64(), i64()];
  }

  /** Gives up where the condition on the stack is not 0. */
  private giveUp(): void {
    this.f.if();
    this.f.i32(0).op('return').end();
  }
  /** The same, and says with what error code the access faults. */
  private fault(present: boolean): void {
    const { f } = this;
    f.if();
    f.i32(0);
    f.get(this.want).i32(Want.write).op('i32.eq').i32(Math.log2(PfError.write)).op('i32.shl');
    f.get(this.mmu).i32(MmuIndex.user).op('i32.eq').i32(Math.log2(PfError.user)).op('i32.shl', 'i32.or');
    f.i32(WALK_FAULTS | (present ? PfError.present : 0)).op('i32.or');
    // Where there are protection keys, they may be another reason.
    if (present) {
      f.i32(0);
      this.test(this.cr4, CR4_PKE).op('i32.eqz', 'select');
    }
    f.mem('i32.store', PageFaultCell.code);
    f.i32(0).op('return').end();
  }
  private state(offset: number): Code {
    return this.f.i32(0).mem('i32.load', STATE + offset);
  }
  private test(local: Local, bits: number): Code {
    return this.f.get(local).i32(bits).op('i32.and');
  }
  /** The bit of an i64 as an i32 that is 0 or not. */
  private bitOf(local: Local, bits: number): Code {
    return this.f.get(local).op('i32.wrap_i64').i32(bits).op('i32.and');
  }
  private wants(want: number): Code {
    return this.f.get(this.want).i32(want).op('i32.eq');
  }

  emit(): void {
    const { f } = this;
    f.i32(0).mem('i32.load', RUNNING_TLB).tee(this.header).mem('i32.load', Header.watching);
    this.giveUp();
    this.state(S.cr4).set(this.cr4);
    this.state(S.mode).tee(this.mode).i32(ModeBit.paging).op('i32.and').if();
    this.start();
    this.descend();
    this.permissions();
    this.marks();
    this.result();
    f.else();
    f.get(this.lo).i32(12).op('i32.shr_u').set(this.page);
    f.i32(TlbInfo.writable | TlbInfo.dirty | TlbInfo.executable | TlbInfo.user).set(this.info);
    f.end();
    this.fill();
    this.arm();
    f.i32(0).i32(0).mem('i32.load', WALKS).i32(1).op('i32.add').mem('i32.store', WALKS);
    f.i32(1);
  }

  /** Top table and level, and the bits that no entry may have. */
  private start(): void {
    const { f } = this;
    f.get(this.lo).op('i64.extend_i32_u').get(this.hi).op('i64.extend_i32_u').i64(32).op('i64.shl', 'i64.or').set(this.va);
    f.i64(RESERVED).set(this.mask);
    this.state(S.efer).i32(EFER_NXE).op('i32.and', 'i32.eqz').if();
    f.i64(RESERVED | BigInt.asIntN(64, NX)).set(this.mask);
    f.end();
    this.test(this.mode, ModeBit.longMode).if();
    this.test(this.cr4, CR4_LA57).if();
    f.i32(5).set(this.level).i64(48).set(this.shift);
    f.else();
    f.i32(4).set(this.level).i64(39).set(this.shift);
    f.end();
    // Canonical: the bits from 47 or 56 on are equal.
    f.get(this.hi).i32(24).i32(15).get(this.level).i32(5).op('i32.eq', 'select', 'i32.shr_s').tee(this.bits);
    f.i32(0).op('i32.ne').get(this.bits).i32(-1).op('i32.ne', 'i32.and');
    this.giveUp();
    f.i32(0)
      .mem('i64.load', STATE + S.cr3)
      .set(this.entry);
    f.else();
    this.test(this.cr4, CR4_PAE).op('i32.eqz');
    this.giveUp();
    f.get(this.lo)
      .i32(30)
      .op('i32.shr_u')
      .i32(3)
      .op('i32.shl')
      .mem('i64.load', STATE + S.pdpte)
      .set(this.entry);
    this.bitOf(this.entry, P).op('i32.eqz');
    this.giveUp();
    f.i32(2).set(this.level).i64(21).set(this.shift);
    f.get(this.mask).i64(PAE_RESERVED).op('i64.or').set(this.mask);
    f.end();
    f.i64(-1).set(this.all);
  }

  private nextTable(): void {
    this.f.get(this.entry).i64(12).op('i64.shr_u').i64(FRAME_NUMBER).op('i64.and').set(this.table);
  }

  /** Down to the entry of a page: `all` and `any` gather the bits of the entries, WALK_PATH where they are. */
  private descend(): void {
    const { f } = this;
    const down = f.loop();
    this.nextTable();
    f.get(this.table).i64(FRAME_TABLE_FRAMES).op('i64.ge_u');
    this.giveUp();
    f.get(this.table).op('i32.wrap_i64').i32(2).op('i32.shl').mem('i32.load', FRAME_TABLE).tee(this.frame);
    f.i32(FrameKind.ram).op('i32.and', 'i32.eqz');
    this.giveUp();
    f.get(this.va).get(this.shift).op('i64.shr_u', 'i32.wrap_i64').i32(511).op('i32.and').i32(3).op('i32.shl');
    f.get(this.frame).i32(-4096).op('i32.and', 'i32.add').tee(this.at);
    f.mem('i64.load').set(this.entry);
    this.bitOf(this.entry, P).op('i32.eqz');
    this.fault(false);
    f.get(this.entry).get(this.mask).op('i64.and', 'i64.eqz', 'i32.eqz');
    this.giveUp();
    f.get(this.depth).i32(3).op('i32.shl').tee(this.bits).get(this.at).mem('i32.store', WALK_PATH);
    f.get(this.bits)
      .get(this.frame)
      .mem('i32.store', WALK_PATH + 4);
    f.get(this.depth).i32(1).op('i32.add').set(this.depth);
    f.get(this.all).get(this.entry).op('i64.and').set(this.all);
    f.get(this.any).get(this.entry).op('i64.or').set(this.any);
    f.get(this.level).i32(1).op('i32.gt_u').if();
    this.bitOf(this.entry, PS).op('i32.eqz').if();
    f.get(this.level).i32(1).op('i32.sub').set(this.level);
    f.get(this.shift).i64(9).op('i64.sub').set(this.shift);
    f.br(down);
    f.end();
    // A large page: none at the upper levels, and its address is aligned.
    f.get(this.level).i32(4).op('i32.ge_u');
    f.get(this.entry).op('i32.wrap_i64').i32(RESERVED_2M).i32(RESERVED_1G).get(this.level).i32(2).op('i32.eq', 'select', 'i32.and');
    f.op('i32.or');
    this.giveUp();
    f.end();
    f.end();
  }

  private permissions(): void {
    const { f } = this;
    const user = () => this.bitOf(this.all, U);
    const isUserMode = () => f.get(this.mmu).i32(MmuIndex.user).op('i32.eq');
    isUserMode().if();
    user().op('i32.eqz');
    this.wants(Want.write);
    this.bitOf(this.all, W).op('i32.eqz', 'i32.and', 'i32.or');
    this.fault(true);
    f.else();
    this.wants(Want.write);
    this.bitOf(this.all, W).op('i32.eqz', 'i32.and');
    this.state(S.cr0).i32(CR0_WP).op('i32.and').i32(0).op('i32.ne', 'i32.and');
    this.fault(true);
    user().if();
    this.wants(Want.fetch).if();
    this.test(this.cr4, CR4_SMEP);
    this.fault(true);
    f.else();
    f.get(this.mmu).i32(MmuIndex.smap).op('i32.eq');
    this.fault(true);
    f.end().end().end();
    this.wants(Want.fetch).get(this.any).i64(0).op('i64.lt_s', 'i32.and');
    this.fault(true);
    // SDM vol 3 ch. 5.6.2: keys of user-mode addresses, in long mode.
    f.get(this.mode).i32(ModeBit.longMode).op('i32.and').i32(0).op('i32.ne');
    this.test(this.cr4, CR4_PKE).i32(0).op('i32.ne', 'i32.and');
    user().i32(0).op('i32.ne', 'i32.and').if();
    f.get(this.entry).i64(59).op('i64.shr_u', 'i32.wrap_i64').i32(TlbKey.number).op('i32.and').i32(TlbKey.applies).op('i32.or');
    f.i32(TlbKey.guardsWrites).i32(0);
    isUserMode();
    this.state(S.cr0).i32(CR0_WP).op('i32.and', 'i32.or', 'select', 'i32.or').set(this.key);
    this.denied(() => this.wants(Want.write));
    f.get(this.want).i32(Want.fetch).op('i32.ne', 'i32.and');
    this.giveUp();
    f.end();
  }

  /** Pushes 1 where PKRU refuses the access (to be written, if `write` pushes 1); the key applies. */
  private denied(write: () => void): void {
    const { f } = this;
    this.state(S.pkru).get(this.key).i32(TlbKey.number).op('i32.and').i32(1).op('i32.shl', 'i32.shr_u').tee(this.bits);
    f.i32(1).op('i32.and');
    f.get(this.bits).i32(1).op('i32.shr_u').i32(1).op('i32.and');
    f.get(this.key).i32(TlbKey.guardsWrites).op('i32.and').i32(0).op('i32.ne', 'i32.and');
    write();
    f.op('i32.and', 'i32.or');
  }

  /** A in every entry, D in the page's where it is written. */
  private marks(): void {
    const { f } = this;
    f.i32(A | D)
      .i32(A)
      .get(this.want)
      .i32(Want.write)
      .op('i32.eq', 'select')
      .set(this.need);
    this.bitOf(this.all, A).op('i32.eqz');
    f.get(this.entry).op('i32.wrap_i64').get(this.need).op('i32.and').get(this.need).op('i32.ne', 'i32.or').if();
    const again = f.loop();
    f.get(this.depth).i32(1).op('i32.sub').tee(this.depth).i32(3).op('i32.shl').tee(this.bits).mem('i32.load', WALK_PATH).tee(this.at);
    f.mem('i32.load').get(this.need).op('i32.and').get(this.need).op('i32.ne').if();
    f.get(this.bits)
      .mem('i32.load', WALK_PATH + 4)
      .i32(UNMARKABLE)
      .op('i32.and');
    f.get(this.at).i32(12).op('i32.shr_u').mem('i32.load8_u', CODE_FRAMES).op('i32.or');
    this.giveUp();
    f.get(this.at).get(this.at).mem('i32.load').get(this.need).op('i32.or').mem('i32.store');
    f.end();
    f.i32(A).set(this.need);
    f.get(this.depth).brIf(again);
    f.end();
    f.end();
  }

  /** Page and info of the entry. */
  private result(): void {
    const { f } = this;
    this.nextTable();
    f.get(this.table).op('i32.wrap_i64').set(this.page);
    const bit = (local: Local, from: number, to: number): void => {
      this.bitOf(local, from);
      const distance = Math.log2(to) - Math.log2(from);
      f.i32(Math.abs(distance)).op(distance < 0 ? 'i32.shr_u' : 'i32.shl');
    };
    bit(this.all, W, TlbInfo.writable);
    bit(this.all, U, TlbInfo.user);
    f.op('i32.or');
    bit(this.entry, D, TlbInfo.dirty);
    f.op('i32.or');
    f.i32(0).i32(TlbInfo.executable).get(this.any).i64(0).op('i64.lt_s', 'select', 'i32.or');
    f.i32(TlbInfo.dirty).i32(0);
    this.wants(Want.write).op('select', 'i32.or');
    bit(this.entry, G, TlbInfo.global);
    f.i32(-1).i32(0);
    this.test(this.cr4, CR4_PGE).op('select', 'i32.and', 'i32.or').set(this.info);
    f.get(this.level).i32(1).op('i32.gt_u').if();
    const span = this.bits;
    f.i32(0x1ff).i32(0x3_ffff).get(this.level).i32(2).op('i32.eq', 'select').set(span);
    f.get(this.page).get(span).i32(-1).op('i32.xor', 'i32.and');
    f.get(this.lo).i32(12).op('i32.shr_u').get(span).op('i32.and', 'i32.or').set(this.page);
    f.get(this.info)
      .i32(TlbInfo.large)
      .i32(TlbInfo.large | TlbInfo.huge);
    f.get(this.level).i32(2).op('i32.eq', 'select', 'i32.or').set(this.info);
    f.end();
    f.get(this.mmu).i32(MmuIndex.user).op('i32.ne').if();
    this.state(S.cr0).i32(CR0_WP).op('i32.and', 'i32.eqz').if();
    f.get(this.info).i32(TlbInfo.writable).op('i32.or').set(this.info);
    f.end();
    this.bitOf(this.all, U).i32(0).op('i32.ne');
    this.test(this.cr4, CR4_SMEP).i32(0).op('i32.ne', 'i32.and').if();
    f.get(this.info).i32(~TlbInfo.executable).op('i32.and').set(this.info);
    f.end();
    f.end();
  }

  private fill(): void {
    const { f } = this;
    f.get(this.mmu).i32(TLB_ENTRIES).op('i32.mul');
    emitTlbIndex(f, () => f.get(this.lo));
    f.op('i32.add').tee(this.index);
    f.i32(ENTRY_STRIDE).op('i32.mul').get(this.header).mem('i32.load', Header.entries).op('i32.add').set(this.at);
    // Listed are those that are not global, unless they are already.
    f.get(this.at)
      .mem('i32.load8_u', Entry.info)
      .i32(TlbInfo.valid | TlbInfo.global)
      .op('i32.and')
      .i32(TlbInfo.valid)
      .op('i32.ne');
    this.test(this.info, TlbInfo.global).op('i32.eqz', 'i32.and').if();
    f.get(this.header).mem('i32.load', Header.count).tee(this.depth).i32(LIST_LIMIT).op('i32.lt_u').if();
    f.get(this.header).get(this.depth).i32(1).op('i32.shl', 'i32.add').get(this.index).mem('i32.store16', Header.list);
    f.get(this.header).get(this.depth).i32(1).op('i32.add').mem('i32.store', Header.count);
    f.else();
    f.get(this.header).i32(1).mem('i32.store', Header.overflowed);
    f.end();
    f.end();
    f.get(this.lo).i32(-4096).op('i32.and').set(this.lo);
    f.get(this.at).get(this.lo).mem('i32.store', Entry.lo);
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

  /** Tags for an entry that has lost them, or 0: it is not there, of another PCID, or does not allow what is wanted. */
  emitRearm(): void {
    const { f } = this;
    emitDisown(f);
    f.i32(0).mem('i32.load', RUNNING_TLB).tee(this.header).mem('i32.load', Header.watching);
    this.giveUp();
    f.get(this.mmu).i32(TLB_ENTRIES).op('i32.mul');
    emitTlbIndex(f, () => f.get(this.lo));
    f.op('i32.add').tee(this.index);
    f.i32(ENTRY_STRIDE).op('i32.mul').get(this.header).mem('i32.load', Header.entries).op('i32.add').tee(this.at);
    f.mem('i32.load8_u', Entry.info).tee(this.info).i32(TlbInfo.valid).op('i32.and', 'i32.eqz');
    f.get(this.lo).i32(-4096).op('i32.and').tee(this.lo).get(this.at).mem('i32.load', Entry.lo).op('i32.ne', 'i32.or');
    f.get(this.at).mem('i32.load', Entry.hi).get(this.hi).op('i32.ne', 'i32.or');
    f.get(this.at).mem('i32.load16_u', Entry.pcid).get(this.header).mem('i32.load', Header.pcid).op('i32.ne');
    this.test(this.info, TlbInfo.global).op('i32.eqz', 'i32.and', 'i32.or');
    this.test(this.info, TlbInfo.writable | TlbInfo.dirty)
      .i32(TlbInfo.writable | TlbInfo.dirty)
      .op('i32.ne');
    this.wants(Want.write).op('i32.and', 'i32.or');
    this.giveUp();
    f.get(this.at).mem('i32.load', Entry.gfn).set(this.page);
    f.get(this.at).mem('i32.load8_u', Entry.key).set(this.key);
    this.arm();
    f.i32(1);
  }

  /** The fast tags, as VcpuTlb.arm sets them. */
  private arm(): void {
    const { f } = this;
    f.get(this.header).mem('i32.load', Header.fast).get(this.index).i32(TLB_STRIDE).op('i32.mul', 'i32.add').set(this.at);
    f.i32(0).set(this.frame);
    f.get(this.page).i32(FRAME_TABLE_FRAMES).op('i32.lt_u').if();
    f.get(this.page).i32(2).op('i32.shl').mem('i32.load', FRAME_TABLE).set(this.frame);
    f.end();
    f.get(this.frame).i32(12).op('i32.shr_u').i32(1).mem('i32.store8', USED_FRAMES);
    f.get(this.lo).op('i64.extend_i32_u').get(this.hi).op('i64.extend_i32_u').i64(32).op('i64.shl', 'i64.or').set(this.va);
    const ram = () => this.test(this.frame, FrameKind.ram);
    const open = () =>
      this.test(this.frame, FrameKind.ram | FrameKind.watched)
        .i32(FrameKind.ram)
        .op('i32.eq');
    const unlessKey = (write: number): void => {
      f.get(this.key).if('i32');
      this.denied(() => f.i32(write));
      f.op('i32.eqz').else().i32(1).end();
    };
    const tag = (offset: number, allowed: () => void): void => {
      f.get(this.at).get(this.va).i64(-1);
      allowed();
      f.op('select').mem('i64.store', offset);
    };
    tag(Tlb.read, () => {
      open();
      unlessKey(0);
      f.op('i32.and');
    });
    tag(Tlb.write, () => {
      open();
      unlessKey(1);
      f.op('i32.and');
      this.test(this.info, TlbInfo.writable | TlbInfo.dirty)
        .i32(TlbInfo.writable | TlbInfo.dirty)
        .op('i32.eq', 'i32.and');
      this.test(this.frame, FrameKind.readOnly | FrameKind.dirtyLog);
      f.get(this.frame).i32(12).op('i32.shr_u').mem('i32.load8_u', CODE_FRAMES).op('i32.or', 'i32.eqz', 'i32.and');
    });
    tag(Tlb.exec, () => {
      ram();
      this.test(this.info, TlbInfo.executable).i32(0).op('i32.ne', 'i32.and');
      // As fetchLogSlot has it.
      f.get(this.lo)
        .i32(12)
        .op('i32.shr_u')
        .get(this.hi)
        .op('i32.xor')
        .i32(FETCH_LOG_PAGES - 1)
        .op('i32.and')
        .tee(this.bits);
      f.mem('i32.load8_u', STOP_PAGES).op('i32.eqz', 'i32.and');
    });
    this.test(this.info, TlbInfo.executable).if();
    f.get(this.bits).i32(1).mem('i32.store8', FETCH_LOG).end();
    f.get(this.at).get(this.frame).i32(-4096).op('i32.and').get(this.lo).op('i32.sub').mem('i32.store', Tlb.addend);
  }
}

/** (MMU index, low and high half of an address, Want) → 1 with the TLB's entry filled, or 0. */
export function buildPageWalker(module: ModuleBuilder): number {
  const { index, code } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32'], 'walk');
  new WalkerEmitter(code).emit();
  return index;
}

/** The same parameters → 1 where the TLB has such an entry, whose tags are those that it and its frame allow then (a change of PCID takes them away), or 0. */
export function buildRearm(module: ModuleBuilder): number {
  const { index, code } = module.func(['i32', 'i32', 'i32', 'i32'], ['i32']);
  new WalkerEmitter(code).emitRearm();
  return index;
}
