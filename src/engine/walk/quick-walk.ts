// Most walks, in straight code: 4-level paging in long mode, tables in plain RAM whose entries are marked already, a user's page for the user or another for the
// supervisor, and an access that they allow. What is not so is left to the walker (walker.ts) before any change.
import type { Code, Label, Local } from '../../wasm/code';
import { FRAME_TABLE, FRAME_TABLE_FRAMES, FrameKind, ModeBit, S, STATE } from '../../x86/layout';
import { GUESSED_TABLES, MmuIndex, TlbInfo, TlbKey, WALKS, Want } from '../tlb-layout';
import {
  A,
  CR0_WP,
  CR4_LA57,
  CR4_PGE,
  CR4_PKE,
  D,
  EFER_NXE,
  G,
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

const LONG = ModeBit.paging | ModeBit.longMode;
/** Of a table's entries eight bytes each. */
const SLOTS = 511 << 3;
const KEY_SHIFT = 59;

export class QuickWalkEmitter {
  private readonly filler: TlbFiller;
  private readonly cr4: Local;
  private readonly entry: Local;
  /** Low halves of the entries, and whole ones, gathered. */
  private readonly all: Local;
  private readonly any: Local;
  private readonly span: Local;
  private readonly bits: Local;

  constructor(private readonly f: Code) {
    this.filler = new TlbFiller(f);
    [this.cr4, this.all, this.span, this.bits] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    [this.entry, this.any] = [f.local('i64'), f.local('i64')];
  }

  private state(offset: number): Code {
    return this.f.i32(0).mem('i32.load', STATE + offset);
  }
  private isUser(): Code {
    return this.f.get(this.filler.mmu).i32(MmuIndex.user).op('i32.eq');
  }
  private bit(local: Local, bit: number): Code {
    return this.f.get(local).i32(bit).op('i32.and');
  }
  private entryBit(bit: number): Code {
    return this.f.get(this.entry).op('i32.wrap_i64').i32(bit).op('i32.and');
  }

  /** Pushes nothing: returns 1, or goes on behind what it has written. */
  emit(): void {
    const { f, filler } = this;
    const unusual = f.block();
    filler.start().brIf(unusual);
    this.state(S.mode).i32(LONG).op('i32.and').i32(LONG).op('i32.ne').brIf(unusual);
    this.state(S.cr4).tee(this.cr4).i32(CR4_LA57).op('i32.and').brIf(unusual);
    // Canonical: bits 63:47 are equal.
    f.get(filler.hi).i32(15).op('i32.shr_s').i32(1).op('i32.add').i32(1).op('i32.gt_u').brIf(unusual);
    this.descend(unusual);
    this.permissions(unusual);
    this.result();
    filler.fill();
    filler.arm(true);
    f.i32(0).i32(0).mem('i32.load', WALKS).i32(1).op('i32.add').mem('i32.store', WALKS);
    f.i32(1).op('return').end();
  }

  private descend(unusual: Label): void {
    const { f, filler, entry } = this;
    const { lo, hi } = filler;
    const leaf = f.block();
    f.i32(0)
      .mem('i64.load', STATE + S.cr3)
      .tee(entry);
    // Of a control register no bits are reserved here.
    f.i64(12).op('i64.shr_u').i64(FRAME_TABLE_FRAMES).op('i64.ge_u').brIf(unusual);
    this.next(() => f.get(hi).i32(4).op('i32.shr_u'), unusual);
    f.get(entry).op('i32.wrap_i64').set(this.all);
    f.get(entry).set(this.any);
    this.upper(unusual);
    this.next(() => f.get(hi).i32(5).op('i32.shl').get(lo).i32(27).op('i32.shr_u', 'i32.or'), unusual, GUESSED_TABLES);
    this.gather();
    this.large(SPAN_1G, RESERVED_1G, leaf, unusual);
    this.upper(unusual);
    this.next(() => f.get(lo).i32(18).op('i32.shr_u'), unusual, GUESSED_TABLES + 4);
    this.gather();
    this.large(SPAN_2M, RESERVED_2M, leaf, unusual);
    this.upper(unusual);
    this.next(() => f.get(lo).i32(9).op('i32.shr_u'), unusual);
    this.gather();
    this.unless(RESERVED | BigInt(P | A), unusual);
    f.i32(0).set(this.span).end();
  }
  /** Of these bits the entry has P and A alone. */
  private unless(mask: bigint, unusual: Label): void {
    const { f, entry } = this;
    f.get(entry)
      .i64(mask)
      .op('i64.and')
      .i64(P | A)
      .op('i64.ne')
      .brIf(unusual);
  }
  /** The entry is of a table. */
  private upper(unusual: Label): void {
    this.unless(RESERVED | BigInt(P | A | PS), unusual);
  }
  /** The entry in the table that this one has; `slot` pushes where, and whatever beside. */
  private next(slot: () => unknown, unusual: Label, guessed?: number): void {
    const { f, entry } = this;
    const table = this.bits;
    f.get(entry).i64(12).op('i64.shr_u', 'i32.wrap_i64').tee(table).i32(FRAME_TABLE_FRAMES).op('i32.ge_u').brIf(unusual);
    f.get(table).i32(2).op('i32.shl').mem('i32.load', FRAME_TABLE).tee(table).i32(FrameKind.ram).op('i32.and', 'i32.eqz').brIf(unusual);
    if (guessed !== undefined) this.guess(guessed);
    f.get(table).i32(-4096).op('i32.and');
    slot();
    f.i32(SLOTS).op('i32.and', 'i32.add').mem('i64.load').set(entry);
  }
  /** Upper tables are mostly those of the last walk: compared with them instead of being used, what was read holds nothing up in a processor that guesses branches. */
  private guess(cell: number): void {
    const { f } = this;
    const table = this.bits;
    f.get(table).i32(0).mem('i32.load', cell).op('i32.eq').if();
    f.i32(0).mem('i32.load', cell).set(table);
    f.else();
    f.i32(0).get(table).mem('i32.store', cell);
    f.end();
  }
  private gather(): void {
    const { f, entry, all, any } = this;
    f.get(all).get(entry).op('i32.wrap_i64', 'i32.and').set(all);
    f.get(any).get(entry).op('i64.or').set(any);
  }
  private large(span: number, reserved: number, leaf: Label, unusual: Label): void {
    const { f } = this;
    this.entryBit(PS).if();
    this.unless(RESERVED | BigInt(reserved | P | A), unusual);
    f.i32(span).set(this.span).br(leaf).end();
  }

  /** Sets `info` and `key`. */
  private permissions(unusual: Label): void {
    const { f, filler, entry, all } = this;
    const { info, key, want } = filler;
    const user = this.bits;
    const wants = (kind: number): Code => f.get(want).i32(kind).op('i32.eq');
    f.i32(0).set(key);
    this.bit(all, U).i32(0).op('i32.ne').tee(user);
    this.isUser().op('i32.ne').brIf(unusual);
    // SDM vol 3 ch. 5.6.2.
    f.get(user).if();
    this.bit(this.cr4, CR4_PKE).if();
    this.state(S.pkru);
    f.get(entry).i64(KEY_SHIFT).op('i64.shr_u', 'i32.wrap_i64').i32(TlbKey.number).op('i32.and').tee(key);
    f.i32(1).op('i32.shl', 'i32.shr_u').i32(3).op('i32.and').brIf(unusual);
    f.get(key)
      .i32(TlbKey.applies | TlbKey.guardsWrites)
      .op('i32.or')
      .set(key)
      .end();
    f.end();
    f.i32(TlbInfo.writable).set(info);
    this.bit(all, W).op('i32.eqz').if();
    f.i32(0).set(info);
    this.state(S.cr0).i32(CR0_WP).op('i32.and').get(user).op('i32.or').if();
    wants(Want.write).brIf(unusual);
    f.else().i32(TlbInfo.writable).set(info).end();
    f.end();
    f.get(this.any).i64(0).op('i64.lt_s').if();
    wants(Want.fetch);
    this.state(S.efer).i32(EFER_NXE).op('i32.and', 'i32.eqz', 'i32.or').brIf(unusual);
    f.else().get(info).i32(TlbInfo.executable).op('i32.or').set(info).end();
    wants(Want.write);
    this.entryBit(D).op('i32.eqz', 'i32.and').brIf(unusual);
    f.get(info).get(user).i32(Math.log2(TlbInfo.user)).op('i32.shl', 'i32.or').set(info);
  }

  private result(): void {
    const { f, filler, entry, span } = this;
    const { info, page, lo } = filler;
    const moved = (from: number, to: number): Code =>
      this.entryBit(from)
        .i32(Math.log2(from) - Math.log2(to))
        .op('i32.shr_u')
        .get(info)
        .op('i32.or');
    moved(D, TlbInfo.dirty).set(info);
    this.bit(this.cr4, CR4_PGE).if();
    moved(G, TlbInfo.global).set(info).end();
    f.get(entry).i64(12).op('i64.shr_u', 'i32.wrap_i64').set(page);
    f.get(span).if();
    f.get(page).get(span).i32(-1).op('i32.xor', 'i32.and');
    f.get(lo).i32(12).op('i32.shr_u').get(span).op('i32.and', 'i32.or').set(page);
    f.get(info)
      .i32(TlbInfo.large)
      .i32(TlbInfo.large | TlbInfo.huge);
    f.get(span).i32(SPAN_2M).op('i32.eq', 'select', 'i32.or').set(info);
    f.end();
  }
}
