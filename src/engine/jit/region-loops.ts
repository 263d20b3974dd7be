// Turns of a self-loop (self-loops.ts) that need no look: as many as the budget allows and stay in the pages that the lines have run without asking for either, and
// without keeping flags. Whatever else there is (a page's end, a line of another page, the budget's end) the block's own code does, a turn at a time.
import type { Code, Local } from '../../wasm/code';
import { addendOf, tagOf } from './page-cache';
import type { RegionContext } from './region-context';
import type { RegionSite } from './region-site';
import type { LoopAccess, SelfLoop } from './self-loops';

const PAGE = 4096;
/** For fewer turns it does not pay. */
const LEAST_TURNS = 4;

interface Parts {
  readonly site: RegionSite;
  readonly context: RegionContext;
  /** Emits the instructions before the branch back. */
  body(end: number): void;
  /** Emits this branch; what it does where it is taken is emitted by `taken`, with the condition on the stack. */
  branch(taken: () => void): void;
  /** To the loop's header. */
  again(): void;
}

export class RegionLoops {
  private turns: Local | undefined;
  /** Of lines: their addends. */
  private readonly addends = new Map<number, Local>();

  constructor(private readonly parts: Parts) {}

  private get f(): Code {
    return this.parts.site.region.f;
  }

  /** At the start of the block, in a block that what follows the branch back comes behind. */
  emit({ branch, cost, accesses }: SelfLoop, behind: number): void {
    const { f } = this;
    const { site, context } = this.parts;
    const { remaining } = site.region;
    this.turns ??= f.local('i32');
    const { turns } = this;
    const otherwise = f.block();
    f.get(remaining).i32(cost).op('i32.div_u').set(turns);
    f.get(turns).i32(LEAST_TURNS).op('i32.lt_u').brIf(otherwise);
    const lines = new Map<number, Local>();
    for (const access of accesses) this.limit(access, lines, otherwise);
    // All are paid for, and those that are not run are given back: nothing of it is done in the loop.
    f.get(remaining).get(turns).i32(cost).op('i32.mul', 'i32.sub').set(remaining);

    const loop = f.loop();
    context.addresses.addends = lines;
    this.parts.body(branch);
    this.parts.branch(() => {
      f.op('i32.eqz').if();
      f.get(remaining).get(turns).i32(cost).op('i32.mul', 'i32.add').set(remaining).br(behind);
      f.end();
      f.get(turns).i32(1).op('i32.sub').tee(turns).brIf(loop);
    });
    context.addresses.addends = undefined;
    f.end();
    this.parts.again();
    f.end();
  }

  /** So many turns at most, and none where the line has another page. */
  private limit({ record, form, write, moved, from, to, align, step }: LoopAccess, lines: Map<number, Local>, otherwise: number): void {
    const { f, turns } = this;
    const { site, context } = this.parts;
    const { region } = site;
    region.startInstruction();
    site.record = record;
    site.form = form;
    context.addresses.startForm();
    let va = context.addresses.linear();
    if (moved + from !== 0) {
      f.get(va)
        .i64(moved + from)
        .op('i64.add');
      va = region.temp('i64');
      f.set(va);
    }
    const line = context.addresses.line();
    f.get(va)
      .i64(-PAGE | (align - 1))
      .op('i64.and')
      .i32(0)
      .mem('i64.load', tagOf(line, write))
      .op('i64.ne')
      .brIf(otherwise);
    const room = region.temp('i32');
    const offset = (): unknown =>
      f
        .get(va)
        .op('i32.wrap_i64')
        .i32(PAGE - 1)
        .op('i32.and');
    f.i32(PAGE - (to - from));
    offset();
    f.op('i32.sub').tee(room).i32(0).op('i32.lt_s').brIf(otherwise);
    if (step !== 0) {
      const most = region.temp('i32');
      if (step > 0) f.get(room);
      else offset();
      f.i32(Math.abs(step)).op('i32.div_u').i32(1).op('i32.add').tee(most);
      f.get(turns!).get(most).get(turns!).op('i32.lt_u', 'select').tee(turns!);
      f.i32(LEAST_TURNS).op('i32.lt_u').brIf(otherwise);
    }
    const key = line * 2 + (write ? 1 : 0);
    let addend = this.addends.get(key);
    if (addend === undefined) {
      addend = f.local('i32');
      this.addends.set(key, addend);
    }
    if (!lines.has(key)) f.i32(0).mem('i32.load', addendOf(line, write)).set(addend);
    lines.set(key, addend);
  }
}
