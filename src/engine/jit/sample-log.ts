// Samples for regions that the interpreter takes without leaving for TypeScript: where a trip may go on behind one, it counts for its block, and the trip gets what it may take until the next.
// What TypeScript is to know is logged: that a block has counted often, which ends the trip, and where an indirect branch has gone. Where a trip may not go on TypeScript takes the sample itself.
import type { Code, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import {
  Exit,
  ExitCell,
  HOT_BLOCKS,
  HOT_ENTRIES,
  HotEntry,
  LookCell,
  MOST_SAMPLES,
  NO_STI,
  QUICK_END_NS,
  QUICK_STI,
  R,
  RECORD_SIZE,
  REGION_EXIT,
  SAMPLE_LOG,
  SampleCell,
  SampleEntry,
  Slot,
  TARGETLESS,
} from '../record';
import type { EngineMemory } from '../vm-memory';

/** Code must come back to its caller now and then: the engine's host compiler swaps in faster code only at calls. */
const LONGEST_PERIOD_NS = 1 << 20;

/** Periods differ by up to a sixteenth, in this many lengths: one that is a multiple of what a loop takes would see the same few of its places each time. */
const PHASES = 1021;
const PHASE_STEP = 389;
const PHASE_SHARE = 16;

/** A sample counts for the virtual time since the one before, but no more than so many of the shortest. */
const MOST_WEIGHT = 8;
/** TypeScript is told of a block each time that it has counted so often. */
const TOLD_WEIGHT = 8;

/** Of a branch that the budget did not cover. */
export interface Sample {
  /** Bits as `Exit`, with the record. */
  readonly exit: number;
  /** In samples of the shortest period. */
  readonly weight: number;
  /** Slot.ripBase and Slot.nextRip. */
  readonly linear: bigint;
  readonly target: bigint;
}

const word = (cell: number): number => cell >> 2;

export class SampleLog {
  constructor(
    private readonly memory: EngineMemory,
    shortestNs: number,
    private readonly isEager: boolean,
  ) {
    memory.i32[word(SampleCell.shortestNs)] = shortestNs;
    this.periodNs = shortestNs;
  }

  /** Between samples: longer as long as they fall into compiled code. */
  get periodNs(): number {
    return this.memory.i32[word(SampleCell.periodNs)]!;
  }
  private set periodNs(ns: number) {
    this.memory.i32[word(SampleCell.periodNs)] = ns;
  }
  private get shortestNs(): number {
    return this.memory.i32[word(SampleCell.shortestNs)]!;
  }
  /** Of a sample that is taken now. */
  get weight(): number {
    return Math.min(this.periodNs / this.shortestNs, MOST_WEIGHT);
  }

  /** A sample is taken here; gives virtual ns until the next. */
  took(isRegion: boolean): number {
    this.periodNs = isRegion ? Math.min(this.periodNs * 2, LONGEST_PERIOD_NS) : this.shortestNs;
    return this.nextNs();
  }
  /** It was due, and it cannot be told what ran. Where each block is compiled, there is nothing to find. */
  nextNs(): number {
    const { i32 } = this.memory;
    if (this.isEager) return this.periodNs;
    const phase = (i32[word(SampleCell.phase)]! + PHASE_STEP) % PHASES;
    i32[word(SampleCell.phase)] = phase;
    return this.periodNs + Math.floor((this.periodNs * phase) / (PHASES * PHASE_SHARE));
  }

  /** Virtual ns by which the next sample has moved since this was asked, 0: none was taken; and the same of what samples have seen in compiled code. */
  takeMovedNs(): number {
    return this.takeCell(SampleCell.movedNs);
  }
  takeRegionNs(): number {
    return this.takeCell(SampleCell.regionNs);
  }
  private takeCell(cell: number): number {
    const { i32 } = this.memory;
    const value = i32[word(cell)]!;
    if (value !== 0) i32[word(cell)] = 0;
    return value;
  }

  take(): Sample[] {
    const { i32, view } = this.memory;
    return Array.from({ length: this.takeCell(SampleCell.count) }, (_, n) => {
      const at = SAMPLE_LOG + n * SampleEntry.bytes;
      return {
        exit: i32[word(at + SampleEntry.exit)]!,
        weight: i32[word(at + SampleEntry.weight)]!,
        linear: view.getBigUint64(at + SampleEntry.ripBase, true),
        target: view.getBigUint64(at + SampleEntry.nextRip, true),
      };
    });
  }
  /** Nobody wants to know where branches of that handler go: it is not logged for that any more. */
  ignoreTargets(handler: number): void {
    this.memory.u8[TARGETLESS + handler] = 1;
  }
  /** Blocks are gone. */
  clear(): void {
    const { u32 } = this.memory;
    u32[word(SampleCell.count)] = 0;
    u32.fill(0, word(HOT_BLOCKS), word(HOT_BLOCKS) + HOT_ENTRIES * 2);
  }
}

const load = (f: Code, cell: number): Code => f.i32(0).mem('i32.load', cell);

function emitAdd(f: Code, cell: number, sign: 'i32.add' | 'i32.sub', what: Local): void {
  f.i32(0);
  load(f, cell).get(what).op(sign).mem('i32.store', cell);
}
function emitAtMost(f: Code, value: Local, most: () => Code): void {
  f.get(value);
  most().get(value);
  most().op('i32.lt_s', 'select').set(value);
}

/** (whether the trip ends all the same) → by how much the budget grows, for the sample that was due is taken (or cannot be: nobody knows what ran); 0: not at all. What goes by the trip's end has
 * moved with it. */
export function buildProlong(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const [ns, period, behind] = [f.local('i32'), f.local('i32'), f.local('i32')];
  load(f, SampleCell.moreNs).i32(0).op('i32.le_s').if();
  f.i32(0).op('return').end();
  // As `nextNs`.
  load(f, SampleCell.phase).i32(PHASE_STEP).op('i32.add').tee(ns).i32(PHASES).op('i32.sub').get(ns);
  f.get(ns).i32(PHASES).op('i32.ge_s', 'select').set(ns);
  f.i32(0).get(ns).mem('i32.store', SampleCell.phase);
  load(f, SampleCell.periodNs).tee(period).get(period).get(ns).op('i32.mul');
  f.i32(PHASES * PHASE_SHARE)
    .op('i32.div_u', 'i32.add')
    .set(ns);
  emitAdd(f, SampleCell.movedNs, 'i32.add', ns);
  // No farther than the trip may go, which exits have their part of.
  emitAtMost(f, ns, () => load(f, SampleCell.moreNs));
  f.get(ns).set(behind);
  emitAtMost(f, ns, () => load(f, ExitCell.slackNs));
  f.get(0).get(ns).i32(0).op('i32.le_s', 'i32.or').if();
  f.i32(0).op('return').end();
  for (const cell of [SampleCell.moreNs, ExitCell.slackNs]) emitAdd(f, cell, 'i32.sub', ns);
  f.get(behind).get(ns).op('i32.sub').set(behind);
  emitAtMost(f, behind, () => load(f, LookCell.farNs));
  f.get(behind).i32(0).op('i32.gt_s');
  load(f, LookCell.at);
  load(f, LookCell.lastAt).op('i32.le_u', 'i32.and').if();
  // Up to the next look, and behind it.
  for (const cell of [SampleCell.moreNs, LookCell.farNs]) emitAdd(f, cell, 'i32.sub', behind);
  f.i32(0).get(behind).mem('i32.store', LookCell.behindNs);
  f.i32(0).i32(1).mem('i32.store', LookCell.open);
  f.end();
  f.i32(0).i32(0).mem('f64.load', QUICK_END_NS).get(ns).op('f64.convert_i32_s', 'f64.add').mem('f64.store', QUICK_END_NS);
  load(f, QUICK_STI).i32(NO_STI).op('i32.ne').if();
  emitAdd(f, QUICK_STI, 'i32.add', ns);
  f.end();
  f.get(ns);
  return index;
}

class SampleLogEmitter {
  private readonly exit: Local = 0;
  private readonly header: Local = 1;
  private readonly at: Local;
  private readonly period: Local;
  private readonly weight: Local;
  private readonly hits: Local;
  private readonly leaves: Local;

  constructor(private readonly f: Code) {
    const i32 = (): Local => f.local('i32');
    [this.at, this.period, this.weight, this.hits, this.leaves] = [i32(), i32(), i32(), i32(), i32()];
  }

  emit(prolong: number): void {
    const { f, period } = this;
    load(f, SampleCell.moreNs).i32(0).op('i32.le_s');
    load(f, SampleCell.count).i32(MOST_SAMPLES).op('i32.ge_u', 'i32.or').if();
    f.i32(0).op('return').end();
    load(f, SampleCell.periodNs).set(period);
    load(f, REGION_EXIT).get(this.exit).i32(Exit.flag).op('i32.or', 'i32.eq').if();
    f.i32(0).i32(0).mem('i32.store', REGION_EXIT);
    emitAdd(f, SampleCell.regionNs, 'i32.add', period);
    f.get(period).i32(1).op('i32.shl').set(period);
    emitAtMost(f, period, () => f.i32(LONGEST_PERIOD_NS));
    f.else();
    this.count();
    load(f, SampleCell.shortestNs).set(period);
    f.end();
    f.i32(0).get(period).mem('i32.store', SampleCell.periodNs);
    f.get(this.leaves).call(prolong);
  }

  /** For its block; blocks whose entry is the same put each other out. */
  private count(): void {
    const { f, at, header, hits, leaves, weight } = this;
    f.get(this.period);
    load(f, SampleCell.shortestNs).op('i32.div_u').set(weight);
    emitAtMost(f, weight, () => f.i32(MOST_WEIGHT));
    f.get(header)
      .i32(RECORD_SIZE)
      .op('i32.div_u')
      .i32(HOT_ENTRIES - 1)
      .op('i32.and')
      .i32(HotEntry.bytes)
      .op('i32.mul')
      .i32(HOT_BLOCKS)
      .op('i32.add')
      .set(at);
    f.get(weight).get(at).mem('i32.load', HotEntry.hits).i32(0).get(at).mem('i32.load', HotEntry.header).get(header).op('i32.eq', 'select');
    f.op('i32.add').tee(hits).i32(TOLD_WEIGHT).op('i32.ge_s').set(leaves);
    f.get(at).get(header).mem('i32.store', HotEntry.header);
    f.get(at).i32(0).get(hits).get(leaves).op('select').mem('i32.store', HotEntry.hits);
    f.get(leaves).get(this.exit).i32(3).op('i32.and').i32(Exit.indirectBranch).op('i32.eq');
    f.get(this.exit)
      .i32(~3)
      .op('i32.and')
      .mem('i32.load16_u', R.plainOp)
      .mem('i32.load8_u', TARGETLESS)
      .op('i32.eqz', 'i32.and', 'i32.or')
      .if();
    this.log();
    f.end();
  }
  private log(): void {
    const { f, at } = this;
    load(f, SampleCell.count).i32(SampleEntry.bytes).op('i32.mul').i32(SAMPLE_LOG).op('i32.add').set(at);
    f.i32(0);
    load(f, SampleCell.count).i32(1).op('i32.add').mem('i32.store', SampleCell.count);
    f.get(at).get(this.exit).mem('i32.store', SampleEntry.exit);
    f.get(at).get(this.hits).i32(0).get(this.leaves).op('select').mem('i32.store', SampleEntry.weight);
    f.get(at).i32(0).mem('i64.load', Slot.ripBase).mem('i64.store', SampleEntry.ripBase);
    f.get(at).i32(0).mem('i64.load', Slot.nextRip).mem('i64.store', SampleEntry.nextRip);
  }
}

/** (exit, as goOn's; header of its block) → as `prolong`. */
export function buildSampleLog(module: ModuleBuilder, prolong: number): number {
  const { index, code } = module.func(['i32', 'i32'], ['i32']);
  new SampleLogEmitter(code).emit(prolong);
  return index;
}
