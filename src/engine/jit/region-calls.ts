// What a region's instructions leave to functions of the interpreter: exceptions, vector operations that TypeScript runs, string instructions, PAUSE.
import type { Local } from '../../wasm/code';
import type { StringOperation } from '../../x86/emit/context';
import { ARITHMETIC_FLAGS } from '../../x86/emit/flags';
import { Gpr } from '../../x86/layout';
import { VECTOR_NAMES, type VectorOperation } from '../../x86/simd/operations';
import { BOUNCE, BOUNCE_SIZE, Exit, R } from '../record';
import type { RegionFlags } from './region-flags';
import type { RegionSite } from './region-site';

const STRING_REGISTERS = [Gpr.rax, Gpr.rcx, Gpr.rsi, Gpr.rdi];

export class RegionCalls {
  constructor(
    private readonly site: RegionSite,
    private readonly flags: RegionFlags,
  ) {}

  /** The i32 on the stack says whether. */
  raiseIf(vector: number): void {
    const { site } = this;
    const { f, imports } = site.region;
    f.if();
    f.i32(vector).i32(site.record).call(imports.index('raise'));
    site.leave(Exit.atRecord);
    f.end();
  }
  vector(operation: VectorOperation, destination: Local, source: Local): void {
    const { site } = this;
    const immediate = site.form.roles.some((role) => role.at === 'imm') ? site.i32(R.imm) : 0;
    site.region.f.i32(VECTOR_NAMES.indexOf(operation)).get(destination).get(source).i32(immediate);
    this.callVector();
  }
  compareFloats(operation: VectorOperation, a: Local, b: Local): void {
    const { region } = this.site;
    const { f } = region;
    f.i32(VECTOR_NAMES.indexOf(operation))
      .get(a)
      .get(b)
      .i32(BOUNCE + BOUNCE_SIZE);
    this.callVector();
    f.i32(0).mem('i64.load', BOUNCE + BOUNCE_SIZE);
    const result = region.temp('i64');
    f.set(result);
    this.flags.replace(ARITHMETIC_FLAGS, result);
  }
  private callVector(): void {
    const { region } = this.site;
    region.f.call(region.imports.index('vector'));
    this.site.leaveUnless(Exit.atRecord);
  }
  pause(): void {
    const { region, record } = this.site;
    region.spill([]);
    region.f.i32(record).call(region.imports.index('pause'));
    region.reload([]);
  }
  string(operation: StringOperation): void {
    const { site } = this;
    const { region } = site;
    region.spill(STRING_REGISTERS);
    region.f
      .i32(site.record)
      .get(region.tlb)
      .call(region.imports.index(`${operation}${site.form.size}`));
    const done = region.temp('i32');
    region.f.set(done);
    region.reload(STRING_REGISTERS);
    this.flags.forget();
    region.f.get(done);
    site.leaveUnless(Exit.atRecord);
  }
}
