// Memory operands of a region: linear address from registers in locals, the fast TLB in place, else the interpreter's slow path.
import { assert } from '../../base/assert';
import type { Local } from '../../wasm/code';
import { ACCESS_MODIFY, ACCESS_WRITE } from '../access-info';
import { BOUNCE, Exit, R, Slot } from '../record';
import { addendOf, PageLine, tagOf } from './page-cache';
import type { PageGroups } from './page-groups';
import type { Leave } from './region-doubles';
import { registerOf } from './region-registers';
import type { RegionSite } from './region-site';

export class RegionAddresses {
  /** Added to the memory operand's address (bit strings). */
  private displacement: Local | undefined;
  /** Which line accesses by an address record use, of those for segments. */
  segmentLine = 0;

  /** Where accesses need no look (region-loops.ts): addends by number of the line * 2, + 1 for writes. */
  addends: ReadonlyMap<number, Local> | undefined;

  /** What was found in a fast entry for sure. */
  private readonly plain = new Set<Local>();
  /** Blocks open around the instruction. */
  private nesting = 0;

  constructor(
    private readonly site: RegionSite,
    readonly groups: PageGroups,
    private readonly leaveFor: () => Leave,
  ) {}

  startForm(): void {
    this.displacement = undefined;
    this.plain.clear();
    this.nesting = this.site.region.f.nesting;
  }

  /** Pushes what a slot of an address holds; false where that is 0. */
  pushPart(slot: number): boolean {
    const { region } = this.site;
    const { f } = region;
    if (slot === Slot.zero) return false;
    if (slot === Slot.ea) f.get(region.ea);
    else if (slot === Slot.ripBase) f.get(region.base).i64(this.site.delta).op('i64.add');
    else if (registerOf(slot) >= 0) f.get(region.register(registerOf(slot)));
    else f.i32(0).mem('i64.load', slot);
    return true;
  }
  /** Pushes base + (index << scale) + displacement. */
  pushSum(base: number, index: number, scale: number, displacement: bigint): void {
    const { f } = this.site.region;
    let some = this.pushPart(base);
    if (this.pushPart(index)) {
      if (scale) f.i64(scale).op('i64.shl');
      if (some) f.op('i64.add');
      some = true;
    }
    if (displacement !== 0n || !some) {
      f.i64(displacement);
      if (some) f.op('i64.add');
    }
  }
  linear(): Local {
    const { site } = this;
    const { region, form } = site;
    const index = form.memory === 'index' ? site.i32(R.x) : Slot.zero;
    this.pushSum(site.i32(R.b), index, site.u8(R.scale), BigInt(site.i32(R.disp)));
    if (this.displacement !== undefined) region.f.get(this.displacement).op('i64.add');
    const va = region.temp('i64');
    region.f.set(va);
    return va;
  }
  displace(): void {
    this.displacement = this.site.region.temp('i64');
    this.site.region.f.set(this.displacement);
  }

  forReading(bytes: number): Local {
    return this.place(bytes, 0);
  }
  forWriting(bytes: number): Local {
    return this.place(bytes, ACCESS_WRITE);
  }
  forModifying(bytes: number): Local {
    return this.place(bytes, ACCESS_WRITE | ACCESS_MODIFY);
  }
  /** Host address of the memory operand. */
  private place(bytes: number, access: number): Local {
    const { groups } = this;
    const write = (access & ACCESS_WRITE) !== 0;
    if (this.displacement !== undefined) return this.translate(this.linear(), bytes, access);
    if (this.addends) return this.byAddend(this.addends.get(this.line() * 2 + (write ? 1 : 0)));
    const found = groups.place(bytes, write);
    if (found !== undefined) {
      this.plain.add(found);
      return found;
    }
    const leave = this.leaveFor();
    // What is done under a condition says nothing of what comes behind it.
    const span = leave && this.site.region.f.nesting === this.nesting ? groups.ahead(bytes, write) : undefined;
    if (!span || !leave) return this.translate(this.linear(), bytes, access);
    const host = this.translateFast(this.linear(), bytes, access, this.line(), leave);
    groups.begin(host, write, span, () => leave('not in one page'));
    return host;
  }

  private byAddend(addend: Local | undefined): Local {
    assert(addend !== undefined, 'the loop has looked at each access');
    const { region } = this.site;
    const host = region.temp('i32');
    region.f.get(this.linear()).op('i32.wrap_i64').get(addend).op('i32.add').set(host);
    this.plain.add(host);
    return host;
  }

  /** Linear to host address, by the page that the line has; a store must be followed by `commit`. */
  translate(va: Local, bytes: number, access: number, line = this.line()): Local {
    const { site } = this;
    const { region } = site;
    const { f } = region;
    assert(bytes <= 4096, 'an access is within two pages');
    if (this.groups.areAlive) return this.translateFast(va, bytes, access, line, this.leaveFor()!);
    this.look(va, bytes, access, line, 'translate');
    site.leaveUnless(Exit.atRecord, 'access refused');
    f.end();
    return this.byLine(va, access, line);
  }
  /** The same by fast entries alone: elsewhere it leaves to the interpreter, and nothing has happened. */
  private translateFast(va: Local, bytes: number, access: number, line: number, leave: NonNullable<Leave>): Local {
    const { f } = this.site.region;
    this.look(va, bytes, access, line, 'translateFast');
    f.op('i32.eqz').if();
    leave('page not at hand');
    f.end().end();
    const host = this.byLine(va, access, line);
    this.plain.add(host);
    return host;
  }
  /** Begins what is done where the line has another page: the i32 on the stack says whether it has this one now. */
  private look(va: Local, bytes: number, access: number, line: number, translate: 'translate' | 'translateFast'): void {
    const { region, record } = this.site;
    const { f } = region;
    region.usesPages = true;
    const write = (access & ACCESS_WRITE) !== 0;
    // What is not aligned to its size, as far as a power of two tells, looks like another page.
    const aligned = bytes === 1 ? -4096 : -4096 | (2 ** Math.ceil(Math.log2(bytes)) - 1);
    f.get(va).i64(aligned).op('i64.and').i32(0).mem('i64.load', tagOf(line, write)).op('i64.ne').unlikely().if();
    f.get(va)
      .i32(bytes | access)
      .i32(record)
      .get(region.tlb)
      .i32(line * 2 + (write ? 1 : 0))
      .call(region.imports.index(translate));
  }
  private byLine(va: Local, access: number, line: number): Local {
    const { region } = this.site;
    const host = region.temp('i32');
    region.f
      .get(va)
      .op('i32.wrap_i64')
      .i32(0)
      .mem('i32.load', addendOf(line, (access & ACCESS_WRITE) !== 0))
      .op('i32.add')
      .set(host);
    return host;
  }
  /** Line of the memory operand: accesses by one register are mostly to one page. */
  line(): number {
    const { site } = this;
    const base = site.i32(R.b);
    if (registerOf(base) >= 0) return registerOf(base);
    if (base === Slot.ripBase) return PageLine.ripRelative + ((((site.block.physical & 4095) + site.i32(R.disp)) >> 12) & 7);
    if (base === Slot.ea) return PageLine.segment + this.segmentLine;
    return PageLine.absolute + ((site.i32(R.disp) >> 12) & 3);
  }
  commit(host: Local): void {
    if (this.plain.has(host)) return;
    const { region, record } = this.site;
    region.f.get(host).i32(BOUNCE).op('i32.eq').unlikely().if();
    region.f.i32(record).call(region.imports.index('commit')).end();
  }
}
