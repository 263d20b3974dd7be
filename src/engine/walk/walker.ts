// The page walker in WebAssembly (SDM vol 3 ch. 5): 4-level, 5-level and PAE paging, A and D bits, protection keys, and the fill of the TLB. It does what mmu.ts
// does, or nothing: where an access faults, where tables are no plain RAM, where code or a watch lies on a table that is to be marked, it gives up before any
// change, and mmu.ts walks again. What a page fault of data would have for an error code it says where that is plain.
import type { Code, Local } from '../../wasm/code';
import { PfError } from '../../x86/fault';
import { FRAME_TABLE, FRAME_TABLE_FRAMES, FrameKind, ModeBit, S, STATE } from '../../x86/layout';
import { PageFaultCell, WALK_FAULTS } from '../record';
import { CODE_FRAMES, MmuIndex, TlbInfo, TlbKey, WALK_PATH, WALKS, Want } from '../tlb-layout';
import {
  A,
  CR0_WP,
  CR4_LA57,
  CR4_PAE,
  CR4_PGE,
  CR4_PKE,
  CR4_SMEP,
  D,
  EFER_NXE,
  FRAME_NUMBER,
  G,
  NX,
  P,
  PS,
  RESERVED,
  RESERVED_1G,
  RESERVED_2M,
  SPAN_1G,
  SPAN_2M,
  U,
  W,
} from './bits';
import { TlbFiller } from './filler';

/** What is reserved besides in PAE's entries. */
const PAE_RESERVED = 0x7ff0_0000n << 32n;
const UNMARKABLE = FrameKind.readOnly | FrameKind.dirtyLog | FrameKind.watched;

export class WalkerEmitter {
  private readonly filler: TlbFiller;
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
  private readonly need: Local;
  private readonly bits: Local;

  constructor(private readonly f: Code) {
    const i32 = (): Local => f.local('i32');
    const i64 = (): Local => f.local('i64');
    this.filler = new TlbFiller(f);
    [this.mode, this.cr4, this.level, this.at, this.depth, this.frame, this.need, this.bits] = [
      i32(),
      i32(),
      i32(),
      i32(),
      i32(),
      i32(),
      i32(),
      i32(),
    ];
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
    f.get(this.filler.want).i32(Want.write).op('i32.eq').i32(Math.log2(PfError.write)).op('i32.shl');
    f.get(this.filler.mmu).i32(MmuIndex.user).op('i32.eq').i32(Math.log2(PfError.user)).op('i32.shl', 'i32.or');
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
    return this.f.get(this.filler.want).i32(want).op('i32.eq');
  }

  emit(): void {
    const { f } = this;
    this.filler.start();
    this.giveUp();
    this.state(S.cr4).set(this.cr4);
    this.state(S.mode).tee(this.mode).i32(ModeBit.paging).op('i32.and').if();
    this.start();
    this.descend();
    this.permissions();
    this.marks();
    this.result();
    f.else();
    f.get(this.filler.lo).i32(12).op('i32.shr_u').set(this.filler.page);
    f.i32(TlbInfo.writable | TlbInfo.dirty | TlbInfo.executable | TlbInfo.user).set(this.filler.info);
    f.end();
    this.filler.fill();
    this.filler.arm(false);
    f.i32(0).i32(0).mem('i32.load', WALKS).i32(1).op('i32.add').mem('i32.store', WALKS);
    f.i32(1);
  }

  /** Top table and level, and the bits that no entry may have. */
  private start(): void {
    const { f } = this;
    f.get(this.filler.lo).op('i64.extend_i32_u').get(this.filler.hi).op('i64.extend_i32_u').i64(32).op('i64.shl', 'i64.or').set(this.va);
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
    f.get(this.filler.hi).i32(24).i32(15).get(this.level).i32(5).op('i32.eq', 'select', 'i32.shr_s').tee(this.bits);
    f.i32(0).op('i32.ne').get(this.bits).i32(-1).op('i32.ne', 'i32.and');
    this.giveUp();
    f.i32(0)
      .mem('i64.load', STATE + S.cr3)
      .set(this.entry);
    f.else();
    this.test(this.cr4, CR4_PAE).op('i32.eqz');
    this.giveUp();
    f.get(this.filler.lo)
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
    const isUserMode = () => f.get(this.filler.mmu).i32(MmuIndex.user).op('i32.eq');
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
    f.get(this.filler.mmu).i32(MmuIndex.smap).op('i32.eq');
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
    this.state(S.cr0).i32(CR0_WP).op('i32.and', 'i32.or', 'select', 'i32.or').set(this.filler.key);
    this.filler.denied(() => this.wants(Want.write));
    f.get(this.filler.want).i32(Want.fetch).op('i32.ne', 'i32.and');
    this.giveUp();
    f.end();
  }

  /** A in every entry, D in the page's where it is written. */
  private marks(): void {
    const { f } = this;
    f.i32(A | D)
      .i32(A)
      .get(this.filler.want)
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
    f.get(this.table).op('i32.wrap_i64').set(this.filler.page);
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
    this.test(this.cr4, CR4_PGE).op('select', 'i32.and', 'i32.or').set(this.filler.info);
    f.get(this.level).i32(1).op('i32.gt_u').if();
    const span = this.bits;
    f.i32(SPAN_2M).i32(SPAN_1G).get(this.level).i32(2).op('i32.eq', 'select').set(span);
    f.get(this.filler.page).get(span).i32(-1).op('i32.xor', 'i32.and');
    f.get(this.filler.lo).i32(12).op('i32.shr_u').get(span).op('i32.and', 'i32.or').set(this.filler.page);
    f.get(this.filler.info)
      .i32(TlbInfo.large)
      .i32(TlbInfo.large | TlbInfo.huge);
    f.get(this.level).i32(2).op('i32.eq', 'select', 'i32.or').set(this.filler.info);
    f.end();
    f.get(this.filler.mmu).i32(MmuIndex.user).op('i32.ne').if();
    this.state(S.cr0).i32(CR0_WP).op('i32.and', 'i32.eqz').if();
    f.get(this.filler.info).i32(TlbInfo.writable).op('i32.or').set(this.filler.info);
    f.end();
    this.bitOf(this.all, U).i32(0).op('i32.ne');
    this.test(this.cr4, CR4_SMEP).i32(0).op('i32.ne', 'i32.and').if();
    f.get(this.filler.info).i32(~TlbInfo.executable).op('i32.and').set(this.filler.info);
    f.end();
    f.end();
  }
}
