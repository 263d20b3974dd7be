// x87 and MMX in a region: the wait for a pending exception, last-instruction pointers, operations that TypeScript runs. Registers of the unit are in memory.
import type { Local } from '../../wasm/code';
import type { FpuCall, FpuContext } from '../../x86/emit/context';
import { ARITHMETIC_FLAGS } from '../../x86/emit/flags';
import { FPU_NAMES, type FpuOperationName } from '../../x86/fpu/operations';
import { S, STATE } from '../../x86/layout';
import { FPU_PENDING, FpuDone } from '../fpu-functions';
import { BOUNCE, BOUNCE_SIZE, Exit, Slot } from '../record';
import type { RegionAddresses } from './region-addresses';
import type { RegionFlags } from './region-flags';
import type { RegionSite } from './region-site';

const ERROR_SUMMARY = 0x80;

export class RegionFpu implements FpuContext {
  constructor(
    private readonly site: RegionSite,
    private readonly flags: RegionFlags,
    private readonly addresses: RegionAddresses,
  ) {}

  wait(): void {
    const { site } = this;
    const { f, imports } = site.region;
    f.i32(0)
      .mem('i32.load', STATE + S.fsw)
      .i32(ERROR_SUMMARY)
      .op('i32.and')
      .unlikely()
      .if();
    f.i32(site.record).i32(FPU_PENDING).i32(0).call(imports.index('fpuCall')).i32(FpuDone.left).op('i32.eq').if();
    site.leave(Exit.atRecord, 'x87 exception');
    f.end().end();
  }

  /** Calls the operation; the i32 result stays on the stack. */
  private call(operation: FpuOperationName, argument: () => void, pointers: FpuCall['pointers']): void {
    const { site } = this;
    const { f, imports, base } = site.region;
    if (pointers !== 'none') {
      f.i32(0).get(base).i64(site.delta).op('i64.add').mem('i64.store', Slot.ripBase);
      f.i32(site.record).call(imports.index('codePointer'));
    }
    if (pointers === 'data') f.i32(site.record).get(this.addresses.linear()).call(imports.index('dataPointer'));
    f.i32(site.record).i32(FPU_NAMES.indexOf(operation));
    argument();
    f.call(imports.index('fpuCall'));
  }

  run(operation: FpuOperationName, { argument, pointers, commit }: FpuCall): void {
    const { f } = this.site.region;
    this.call(operation, () => (argument === undefined ? f.i32(0) : f.get(argument)), pointers);
    if (commit === undefined) {
      f.op('drop');
      return;
    }
    f.i32(FpuDone.stored).op('i32.eq').if();
    this.addresses.commit(commit);
    f.end();
  }

  compare(operation: FpuOperationName, i: Local): void {
    const { region } = this.site;
    const { f } = region;
    const place = BOUNCE + BOUNCE_SIZE;
    this.call(
      operation,
      () =>
        f
          .get(i)
          .i32(place << 3)
          .op('i32.or'),
      'code',
    );
    this.flags.settle();
    f.i32(FpuDone.stored).op('i32.eq').if();
    const bits = region.temp('i64');
    f.i32(0).mem('i64.load', place).set(bits);
    this.flags.replace(ARITHMETIC_FLAGS, bits);
    f.end();
  }

  enterMmx(): void {
    const { f, imports } = this.site.region;
    f.call(imports.index('enterMmx'));
  }
}
