// Near branches of a region: to another of its blocks, or out: on to the block that the record is linked with, to one found by its address, or to TypeScript.
// A block in another page is looked up as any other, so that the page is fetched from as the interpreter would; if it is the one that is expected, the region goes on.
import type { Local } from '../../wasm/code';
import type { Block } from '../block-table';
import { Exit, H, MISSED_BRANCH, MISSED_TARGET, MISSED_TIMES, R, RECORD_SIZE, Slot } from '../record';
import { isIndirect } from './region-plan';
import type { RegionSite } from './region-site';

export interface InsideTarget {
  node: number;
  block: Block;
  /** Bytes from the region's entry. */
  delta: number;
  samePage: boolean;
}

/** What of the region the branch at hand leads to. */
export interface RegionInside {
  targets(): readonly InsideTarget[];
  /** Goes there; the budget has been paid. */
  goTo(node: number): void;
}

export class RegionBranches {
  /** The block has ended in a jump. */
  jumped = false;
  /** What a conditional branch does instead, with the condition on the stack. */
  instead: (() => void) | undefined;

  constructor(
    private readonly site: RegionSite,
    private readonly inside: RegionInside,
    /** Emits another path, and puts back what is known on this one. */
    private readonly aside: (path: () => void) => void,
  ) {}

  nextIp(): Local {
    return this.inBlock(this.site.u16(R.ipNext));
  }
  /** CS offset so many bytes from the block's start. */
  private inBlock(offset: number): Local {
    const { region, delta } = this.site;
    const local = region.temp('i64');
    region.f
      .get(region.base)
      .i64(delta + offset)
      .op('i64.add')
      .set(local);
    return local;
  }

  branchTarget(): Local {
    const local = this.inBlock(this.site.i32(R.disp));
    this.site.region.f
      .get(local)
      .i64(this.site.i32(R.b) === 2 ? 0xffff : 0xffff_ffff)
      .op('i64.and')
      .set(local);
    return local;
  }
  /** The i32 on the stack says whether. */
  jumpIf(): void {
    const { f } = this.site.region;
    if (this.instead) {
      this.instead();
      return;
    }
    f.if();
    this.aside(() => this.take());
    f.end();
  }
  jump(): void {
    this.take();
    this.jumped = true;
  }
  jumpTo(target: Local): void {
    const { f } = this.site.region;
    const { size } = this.site.form;
    if (size !== 8)
      f.get(target)
        .i64(size === 4 ? 0xffff_ffff : 0xffff)
        .op('i64.and')
        .set(target);
    const targets = this.inside.targets();
    for (const { node, block, delta, samePage } of targets) {
      if (!samePage) continue;
      f.get(target).get(this.site.region.base).i64(delta).op('i64.add', 'i64.eq').if();
      this.aside(() => {
        this.payKnown(block.count, Exit.indirectBranch, target);
        this.inside.goTo(node);
      });
      f.end();
    }
    f.i32(0).get(target).mem('i64.store', Slot.nextRip);
    this.enterLookedUp(target, Exit.indirectBranch, 0, targets);
    this.jumped = true;
  }

  private take(): void {
    const { site } = this;
    const { region } = site;
    const { f } = region;
    if (site.form.branch === 'looked-up') {
      this.enterLookedUp(this.inBlock(site.i32(R.disp)), Exit.directBranch, site.i32(R.imm), this.inside.targets());
      return;
    }
    const [inside] = this.inside.targets();
    if (inside) {
      this.payKnown(-site.i32(R.imm), Exit.directBranch);
      this.inside.goTo(inside.node);
      return;
    }
    f.get(region.remaining).i32(site.record).mem('i32.load', R.imm).op('i32.add');
    this.pay(Exit.directBranch);
    f.i32(site.record).mem('i32.load', R.link);
    site.dispatch(this.inBlock(site.i32(R.disp)), 'linked');
  }
  private enterLookedUp(rip: Local, code: number, givenBack: number, targets: readonly InsideTarget[]): void {
    const { site } = this;
    const { region } = site;
    const { f } = region;
    const record = region.temp('i32');
    f.get(rip).get(region.tlb).call(region.imports.index('lookup')).tee(record);
    site.leaveUnless(code, 'target not found');
    f.get(region.remaining).get(record).i32(RECORD_SIZE).op('i32.sub').mem('i32.load', H.count).op('i32.sub');
    if (givenBack) f.i32(givenBack).op('i32.add');
    this.pay(code);
    for (const { node, block, delta, samePage } of targets) {
      if (samePage) continue;
      f.get(record).i32(block.record).op('i32.eq');
      // The same code may be at another linear address, too, which an indirect branch can lead to.
      if (code === Exit.indirectBranch) f.get(rip).get(region.base).i64(delta).op('i64.add', 'i64.eq', 'i32.and');
      f.if();
      this.aside(() => {
        // The look-up may have filled an entry.
        region.ownPages();
        this.inside.goTo(node);
      });
      f.end();
    }
    if (isIndirect(site.form)) this.countMissed(rip);
    f.get(record);
    site.dispatch(rip, 'looked up');
  }
  /** Where it is one of the region's own blocks, the region is made anew (seen-targets.ts). */
  private countMissed(rip: Local): void {
    const { region, delta, record } = this.site;
    const { f } = region;
    f.i32(0).i32(0).mem('i32.load', MISSED_TIMES).i32(1).op('i32.add').mem('i32.store', MISSED_TIMES);
    f.i32(0).i32(record).mem('i32.store', MISSED_BRANCH);
    f.i32(0)
      .get(rip)
      .get(region.base)
      .i64(delta + this.site.u16(R.ipNext))
      .op('i64.add', 'i64.sub')
      .mem('i64.store', MISSED_TARGET);
  }
  /** Takes so much of the budget, in place: leaves with what was there where that is too little. */
  private payKnown(cost: number, code: number, target?: Local): void {
    const { region } = this.site;
    const { f, remaining } = region;
    f.get(remaining).i32(-cost).op('i32.add').tee(remaining).i32(0).op('i32.lt_s').unlikely().if();
    f.get(remaining).i32(cost).op('i32.add').set(remaining);
    if (target !== undefined) f.i32(0).get(target).mem('i64.store', Slot.nextRip);
    this.site.leave(code, 'budget');
    f.end();
  }
  /** What would be left of the budget is on the stack: leaves where it is less than nothing. */
  private pay(code: number): void {
    const { region } = this.site;
    const { f } = region;
    const left = region.temp('i32');
    f.tee(left).i32(0).op('i32.lt_s').unlikely().if();
    this.site.leave(code, 'budget');
    f.end();
    f.get(left).set(region.remaining);
  }
}
