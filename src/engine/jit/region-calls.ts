// What a region's instructions leave to functions of the interpreter: exceptions, vector operations that TypeScript runs, string instructions, PAUSE.
import type { Local } from '../../wasm/code';
import type { StringOperation, VectorOperands } from '../../x86/emit/context';
import { Gpr } from '../../x86/layout';
import { VECTOR_NAMES, type VectorOperation } from '../../x86/simd/operations';
import { BOUNCE, BOUNCE_SIZE, Exit, R, VECTOR_BYTES_SHIFT } from '../record';
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
    f.unlikely().if();
    f.i32(vector).i32(site.record).call(imports.index('raise'));
    site.leave(Exit.atRecord, 'exception');
    f.end();
  }
  vector(operation: VectorOperation, { bytes, destination, source1, source2, source3 }: VectorOperands): void {
    const { site } = this;
    const { f, imports } = site.region;
    f.i32(VECTOR_NAMES.indexOf(operation) | (bytes << VECTOR_BYTES_SHIFT))
      .get(destination)
      .get(source1)
      .get(source2);
    if (source3 !== undefined) f.get(source3);
    else f.i32(site.form.roles.some((role) => role.at === 'imm') ? site.i32(R.imm) : 0);
    f.call(imports.index('vector'));
    site.leaveUnless(Exit.atRecord, 'vector exception');
  }
  scratch(): Local {
    const { region } = this.site;
    const local = region.temp('i32');
    region.f.i32(BOUNCE + BOUNCE_SIZE).set(local);
    return local;
  }
  pause(): void {
    const { region, record } = this.site;
    this.flags.settle();
    region.spill([]);
    region.apart(() => region.f.i32(record).call(region.imports.index('pause')));
    region.reload([]);
  }
  string(operation: StringOperation): void {
    const { site } = this;
    const { region } = site;
    this.flags.settle();
    region.spill(STRING_REGISTERS);
    region.f
      .i32(site.record)
      .get(region.tlb)
      .call(region.imports.index(`${operation}${site.form.size}`));
    const done = region.temp('i32');
    region.f.set(done);
    region.ownPages();
    region.reload(STRING_REGISTERS);
    this.flags.forget();
    region.f.get(done);
    site.leaveUnless(Exit.atRecord, 'string not done');
  }
}
