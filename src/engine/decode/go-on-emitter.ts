// A branch met code that is not linked with it, in WebAssembly: the block there is found or decoded, linked where it can be, and run, as run/go-on.ts does for
// whatever is not usual here.
import type { Code, Label, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { ModeBit, RAM_BASE, S, STATE } from '../../x86/layout';
import { Micro } from '../handlers';
import { emitDisown } from '../jit/page-cache';
import { buildSampleLog } from '../jit/sample-log';
import { Exit, H, HASH_BASE, HEADER_K, LookCell, PLACES, R, RECORD_SIZE, Slot, TLB_BYTES, Tlb, UNLINKED } from '../record';
import { emitFastEntryOffset } from '../tlb-index';
import { CODE_FRAMES, Header, Looked, MmuIndex, RUNNING_TLB } from '../tlb-layout';
import { emitPlace } from './block-emitter';
import { BlockCell, Came, DecodeEnd, LOOKED_UP, MAX_INSTRUCTIONS, MAX_RECORDS, ROOTS } from './layout';

const PAGE = 4096;
const FLAT64 = ModeBit.code64 | ModeBit.flat;
/** Bits of an exit that are no record's address. */
const EXIT_BITS = 3;

interface Decoding {
  decode: number;
  finishBlock: number;
  addBlock: number;
}
/** Of emit/look-emitter.ts. */
interface Looking {
  takeLook: number;
  lookInBlock: number;
}

/** The block's last record, behind an instruction that does not end it: goes on there. */
function emitGoto(f: Code, at: Local, physical: Local): void {
  const inPage = f.local('i32');
  const offset = (): Code => f.i32(0).mem('i32.load', Came.offset);
  const word = (field: number, push: () => Code): void => {
    f.get(at);
    push().mem('i32.store', field);
  };
  f.get(physical)
    .i32(PAGE - 1)
    .op('i32.and');
  offset().op('i32.add').i32(PAGE).op('i32.lt_u').set(inPage);
  word(R.op, () =>
    f
      .i32(Micro.gotoLinked * 0x1_0001)
      .i32(Micro.gotoLookedUp * 0x1_0001)
      .get(inPage)
      .op('select'),
  );
  word(R.a, () => f.i32(0));
  word(R.b, () => f.i32(8));
  word(R.x, () => f.i32(Slot.zero));
  word(R.disp, offset);
  word(R.imm, () => f.i32(UNLINKED).i32(0).get(inPage).op('select'));
  word(R.ipNext, () => offset().i32(0).mem('i32.load', Came.count).i32(24).op('i32.shl', 'i32.or'));
  word(R.link, () => f.i32(0));
  f.get(at).i32(RECORD_SIZE).op('i32.add').set(at);
}

/** (offset in memory, mode) → header of a new block; 0 where TypeScript has to build it, with nothing done. */
function buildPlainBlock(module: ModuleBuilder, { decode, finishBlock, addBlock }: Decoding): number {
  const { index, code: f } = module.func(['i32', 'i32'], ['i32']);
  const [physical, mode] = [0, 1];
  const [header, end, at, count, offset] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const refuse = f.block();
  f.i32(0)
    .mem('i32.load', BlockCell.cursor)
    .tee(header)
    .i32(RAM_BASE - (1 + MAX_RECORDS) * RECORD_SIZE)
    .op('i32.gt_u')
    .brIf(refuse);
  // TypeScript takes tags for writing away where a frame gets its first code.
  f.get(physical).i32(12).op('i32.shr_u').mem('i32.load8_u', CODE_FRAMES).i32(Looked.code).op('i32.and', 'i32.eqz').brIf(refuse);
  f.get(physical).get(header).i32(RECORD_SIZE).op('i32.add').i32(0).i32(0).call(decode).set(end);
  f.i32(0).mem('i32.load', Came.count).set(count);
  f.get(end).i32(DecodeEnd.open).op('i32.eq').get(count).i32(MAX_INSTRUCTIONS).op('i32.ne', 'i32.and').brIf(refuse);
  f.i32(0).mem('i32.load', Came.at).set(at);
  f.i32(0).mem('i32.load', Came.offset).set(offset);
  f.get(end).i32(DecodeEnd.left).op('i32.ne').if();
  emitGoto(f, at, physical);
  f.end();
  f.get(header).i32(RECORD_SIZE).op('i32.add').get(at).get(count).call(finishBlock);
  f.get(header).get(at).get(count).get(physical).get(mode).get(offset).call(addBlock);
  f.get(header).op('return');
  f.end();
  f.i32(0);
  return index;
}

class GoOnEmitter {
  private readonly exit: Local = 0;
  private readonly tlb: Local = 1;
  private readonly mode: Local;
  private readonly branch: Local;
  private readonly from: Local;
  private readonly op: Local;
  private readonly isGoto: Local;
  private readonly unused: Local;
  private readonly rest: Local;
  private readonly target: Local;
  private readonly page: Local;
  private readonly entry: Local;
  private readonly physical: Local;
  private readonly place: Local;
  private readonly header: Local;

  constructor(
    private readonly f: Code,
    private readonly plainBlock: number,
    private readonly looking: Looking,
    private readonly sample: number,
  ) {
    const i32 = (): Local => f.local('i32');
    [this.mode, this.branch, this.from, this.op, this.isGoto, this.unused] = [i32(), i32(), i32(), i32(), i32(), i32()];
    [this.entry, this.physical, this.place, this.header, this.rest] = [i32(), i32(), i32(), i32(), i32()];
    this.target = f.local('i64');
    this.page = f.local('i64');
  }

  emit(slow: Label): void {
    const { f, unused, rest, header } = this;
    this.refuseUnusual(slow);
    this.readBranch();
    f.get(unused).i32(0).op('i32.le_s').if();
    this.isLooking().if();
    this.lookHere();
    f.else();
    this.refill(unused);
    f.end();
    f.end();
    this.findPlace(slow);
    this.findBlock(slow);
    this.link();
    f.get(unused).get(header).mem('i32.load', H.count).op('i32.sub').tee(rest).i32(0).op('i32.lt_s').if();
    this.isLooking().op('i32.eqz').if();
    this.refill(rest);
    f.get(rest).i32(0).op('i32.lt_s').if();
    f.i32(0).op('return').end();
    f.end();
    f.end();
    f.i32(0).get(rest).mem('i32.store', Slot.remaining);
    f.i32(0).get(this.target).mem('i64.store', Slot.ripBase);
    f.get(rest).i32(0).op('i32.lt_s').if();
    f.get(header).i32(RECORD_SIZE).op('i32.add').get(this.tlb).get(unused).call(this.looking.lookInBlock).op('return').end();
    f.get(header).i32(RECORD_SIZE).op('i32.add', 'return');
  }

  private isLooking(): Code {
    return this.f.i32(0).mem('i32.load', LookCell.open);
  }
  /** Nothing is left: a look may be here. What took longer than an instruction has led past it, to be judged by TypeScript. */
  private lookHere(): void {
    const { f, unused } = this;
    f.get(unused).if();
    f.i32(0).op('return').end();
    f.i32(0)
      .get(this.target)
      .mem('i64.store', STATE + S.rip);
    f.call(this.looking.takeLook).op('i32.eqz').if();
    f.i32(0).op('return').end();
    this.readUnused();
  }
  /** The budget is used: what there is until the next sample, where the trip may go on behind this one. */
  private refill(unused: Local): void {
    const { f } = this;
    f.get(this.exit).get(this.from).call(this.sample).tee(this.entry).op('i32.eqz').if();
    f.i32(0).op('return').end();
    f.get(unused).get(this.entry).op('i32.add').set(unused);
    f.i32(0).i32(0).mem('i32.load', Slot.remaining).get(this.entry).op('i32.add').mem('i32.store', Slot.remaining);
  }

  private refuseUnusual(slow: Label): void {
    const { f } = this;
    const cell = (at: number): Code => f.i32(0).mem('i32.load', at);
    cell(BlockCell.generation);
    cell(BlockCell.trip).op('i32.ne');
    for (const each of [BlockCell.told, BlockCell.stops, BlockCell.leaves, STATE + S.pendingDebug]) cell(each).op('i32.or');
    cell(STATE + S.mode)
      .tee(this.mode)
      .i32(FLAT64 | ModeBit.trap)
      .op('i32.and')
      .i32(FLAT64)
      .op('i32.ne', 'i32.or')
      .brIf(slow);
  }

  /** Its block and where it goes; what the trip may still take, with what the block has not used. */
  private readBranch(): void {
    const { f, branch, from, op } = this;
    f.get(this.exit).i32(~EXIT_BITS).op('i32.and').tee(branch).set(from);
    const back = f.loop();
    f.get(from).i32(RECORD_SIZE).op('i32.sub').tee(from).mem('i32.load8_u', R.k).i32(HEADER_K).op('i32.ne').brIf(back);
    f.end();
    f.get(branch).mem('i32.load16_u', R.plainOp).tee(op).i32(Micro.gotoLinked).op('i32.eq').get(op).i32(Micro.gotoLookedUp);
    f.op('i32.eq', 'i32.or').set(this.isGoto);
    this.readUnused();
    this.direct().if('i64');
    f.i32(0).mem('i64.load', Slot.ripBase).get(branch).mem('i64.load32_s', R.disp).op('i64.add');
    f.else();
    f.i32(0).mem('i64.load', Slot.nextRip);
    f.end();
    f.set(this.target);
  }
  private readUnused(): void {
    this.behind();
    this.f.i32(0).mem('i32.load', Slot.remaining).op('i32.add').set(this.unused);
  }
  private direct(): Code {
    return this.f.get(this.exit).i32(EXIT_BITS).op('i32.and').i32(Exit.directBranch).op('i32.eq');
  }
  /** Pushes how many instructions its block has behind the branch. */
  private behind(): void {
    const { f, from, branch } = this;
    f.get(from).mem('i32.load', H.count).get(branch).mem('i32.load8_u', R.k).op('i32.sub').i32(1).op('i32.sub').get(this.isGoto);
    f.op('i32.add');
  }

  /** RIP's offset in memory, where the page is the one that is fetched from or its fast entry says so. */
  private findPlace(slow: Label): void {
    const { f, target, page, entry } = this;
    f.i32(0)
      .get(target)
      .mem('i64.store', STATE + S.rip);
    f.get(target).i64(-PAGE).op('i64.and').tee(page).i32(0).mem('i64.load', Slot.fetchPage).op('i64.ne').if();
    emitFastEntryOffset(f, () => f.get(target).op('i32.wrap_i64'));
    f.i32(0).mem('i32.load', RUNNING_TLB).mem('i32.load', Header.fast).op('i32.add');
    f.i32(MmuIndex.user * TLB_BYTES)
      .i32(MmuIndex.supervisor * TLB_BYTES)
      .get(this.mode)
      .i32(ModeBit.user)
      .op('i32.and', 'select', 'i32.add')
      .tee(entry)
      .mem('i64.load', Tlb.exec)
      .get(page)
      .op('i64.ne')
      .brIf(slow);
    f.i32(0).get(page).mem('i64.store', Slot.fetchPage);
    f.i32(0).get(entry).mem('i32.load', Tlb.addend).get(page).op('i32.wrap_i64', 'i32.add').mem('i32.store', Slot.fetchOffset);
    f.end();
    f.i32(0)
      .mem('i32.load', Slot.fetchOffset)
      .get(target)
      .op('i32.wrap_i64')
      .i32(PAGE - 1)
      .op('i32.and', 'i32.add')
      .set(this.physical);
  }

  private findBlock(slow: Label): void {
    const { f, header, place } = this;
    const isIt = (): Code => {
      f.get(header).mem('i64.load', H.physical).get(this.physical).op('i64.extend_i32_u');
      return f.get(this.mode).op('i64.extend_i32_u').i64(32).op('i64.shl', 'i64.or', 'i64.eq');
    };
    emitPlace(f, this.physical).tee(place).mem('i32.load', HASH_BASE).set(header);
    const found = f.block();
    isIt().brIf(found);
    const unknown = f.block();
    f.get(place).mem('i32.load', PLACES).set(header);
    const next = f.loop();
    f.get(header).op('i32.eqz').brIf(unknown);
    isIt().if();
    f.get(place).get(header).mem('i32.store', HASH_BASE);
    f.br(found).end();
    f.get(header).mem('i32.load', H.next).set(header).br(next);
    f.end();
    f.end();
    f.get(this.physical).get(this.mode).call(this.plainBlock).tee(header).op('i32.eqz').brIf(slow);
    f.end();
  }

  /** As BranchLinks. */
  private link(): void {
    const { f, branch, from, header, op, physical } = this;
    this.direct();
    f.get(op).i32(1).op('i32.shl').mem('i32.load16_u', ROOTS).i32(LOOKED_UP).op('i32.and', 'i32.eqz', 'i32.and');
    f.get(op).i32(Micro.gotoLookedUp).op('i32.ne', 'i32.and').if();
    const out = f.block();
    const start = (): Code => f.get(from).mem('i32.load', H.physical);
    start().op('i32.eqz');
    start().get(physical).op('i32.xor').i32(-PAGE).op('i32.and', 'i32.or');
    start().get(branch).mem('i32.load', R.disp).op('i32.add').get(physical).op('i32.ne', 'i32.or').brIf(out);
    f.get(branch);
    // A goto is no instruction.
    f.i32(0);
    this.behind();
    f.get(this.isGoto).op('select').get(header).mem('i32.load', H.count).op('i32.sub').mem('i32.store', R.imm);
    f.get(branch).get(header).i32(RECORD_SIZE).op('i32.add').mem('i32.store', R.link);
    f.end();
    f.else();
    f.get(branch).get(header).mem('i32.store', R.link);
    f.end();
  }
}

/** The interpreter's `goOn`: (exit, fast TLB) → record, or 0, or another exit with Exit.flag. */
export function buildGoOn(module: ModuleBuilder, decoding: Decoding, looking: Looking, prolong: number, slow: number): number {
  const sample = buildSampleLog(module, prolong);
  const plainBlock = buildPlainBlock(module, decoding);
  const { index, code: f } = module.func(['i32', 'i32'], ['i32']);
  const unusual = f.block();
  new GoOnEmitter(f, plainBlock, looking, sample).emit(unusual);
  f.end();
  emitDisown(f);
  f.get(0).call(slow);
  return index;
}
