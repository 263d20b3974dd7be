// The stack of a region: RSP is a local like the others; stacks outside 64-bit mode, and 16-bit operands, go through the interpreter's function.
import type { Local } from '../../wasm/code';
import type { OperandBytes } from '../../x86/emit/context';
import { Gpr, ModeBit } from '../../x86/layout';
import { ACCESS_STACK, ACCESS_WRITE } from '../access-info';
import { LOAD, STORE } from '../emit/memory-ops';
import { Exit } from '../record';
import { gprSlot } from '../slots';
import type { RegionAddresses } from './region-addresses';
import type { RegionSite } from './region-site';

export class RegionStack {
  constructor(
    private readonly site: RegionSite,
    private readonly addresses: RegionAddresses,
  ) {}

  private keep(type: 'i32' | 'i64' = 'i64'): Local {
    const local = this.site.region.temp(type);
    this.site.region.f.set(local);
    return local;
  }
  private rsp(): Local {
    return this.site.region.register(Gpr.rsp);
  }

  push(value: Local, bytes: OperandBytes): void {
    const { region } = this.site;
    const { f } = region;
    if (bytes === 8) {
      f.get(this.rsp()).i64(8).op('i64.sub');
      const pointer = this.keep();
      const host = this.addresses.translate(pointer, 8, ACCESS_STACK | ACCESS_WRITE, Gpr.rsp);
      f.get(pointer).set(region.registerWritten(Gpr.rsp));
      f.get(host).get(value).mem('i64.store');
      this.addresses.commit(host);
      return;
    }
    f.i64(-bytes);
    const host = this.legacy(bytes, true);
    this.adjust(-bytes);
    f.get(host).get(value).mem(STORE[bytes]!);
    this.addresses.commit(host);
  }
  probePush(bytes: OperandBytes): void {
    const { f } = this.site.region;
    if (bytes === 8) {
      f.get(this.rsp()).i64(8).op('i64.sub');
      this.addresses.translate(this.keep(), 8, ACCESS_STACK | ACCESS_WRITE, Gpr.rsp);
      return;
    }
    f.i64(-bytes);
    this.legacy(bytes, true);
  }
  peek(bytes: OperandBytes, offset: number): Local {
    const { f } = this.site.region;
    if (bytes !== 8) {
      f.i64(offset);
      f.get(this.legacy(bytes, false)).mem(LOAD[bytes]!);
      return this.keep();
    }
    f.get(this.rsp());
    if (offset) f.i64(offset).op('i64.add');
    f.get(this.addresses.translate(this.keep(), 8, ACCESS_STACK, Gpr.rsp)).mem('i64.load');
    return this.keep();
  }
  peekAt(pointer: Local, bytes: OperandBytes): Local {
    const { f } = this.site.region;
    if (bytes === 8) f.get(this.addresses.translate(pointer, 8, ACCESS_STACK, Gpr.rsp)).mem('i64.load');
    else {
      f.get(pointer).get(this.rsp()).op('i64.sub');
      f.get(this.legacy(bytes, false)).mem(LOAD[bytes]!);
    }
    return this.keep();
  }
  /** Pops an i64 offset from the stack pointer. */
  private legacy(bytes: OperandBytes, write: boolean): Local {
    const { region, record } = this.site;
    const { f } = region;
    f.i32(0).get(this.rsp()).mem('i64.store', gprSlot(Gpr.rsp));
    f.i32(bytes | ACCESS_STACK | (write ? ACCESS_WRITE : 0))
      .i32(record)
      .get(region.tlb)
      .call(region.imports.index('stack'));
    const host = this.keep('i32');
    region.ownPages();
    f.get(host);
    this.site.leaveUnless(Exit.atRecord, 'access refused');
    return host;
  }

  adjust(bytes: number): void {
    this.site.region.f.get(this.rsp()).i64(bytes).op('i64.add');
    this.set(this.keep());
  }
  /** In the stack's own width. */
  set(value: Local): void {
    const { region, block } = this.site;
    const { f } = region;
    const rsp = region.registerWritten(Gpr.rsp);
    if (this.site.form.size === 8 || block.mode & ModeBit.code64) f.get(value).set(rsp);
    else if (block.mode & ModeBit.stack32) f.get(value).i64(0xffff_ffff).op('i64.and').set(rsp);
    else f.get(rsp).i64(-0x1_0000).op('i64.and').get(value).i64(0xffff).op('i64.and', 'i64.or').set(rsp);
  }
}
