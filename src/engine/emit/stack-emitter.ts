// The stack of the current mode: 64-bit inline, other widths and segments through the module's stack function (SDM vol 1 ch. 6.2).
import type { Local } from '../../wasm/code';
import type { OperandBytes } from '../../x86/emit/context';
import { Gpr, ModeBit, S, STATE } from '../../x86/layout';
import { ACCESS_STACK, ACCESS_WRITE } from '../access-info';
import { Exit } from '../record';
import { gprSlot } from '../slots';
import type { FlagEmitter } from './flag-emitter';
import type { HostAddressEmitter } from './host-address-emitter';
import { LOAD, STORE } from './memory-ops';
import type { RecordCursor } from './record-cursor';

const RSP = gprSlot(Gpr.rsp);

export class StackEmitter {
  constructor(
    private readonly cursor: RecordCursor,
    private readonly flags: FlagEmitter,
    private readonly addresses: HostAddressEmitter,
  ) {}

  push(value: Local, bytes: OperandBytes): void {
    const { cursor } = this;
    const { f } = cursor;
    if (bytes === 8) {
      f.i32(0).mem('i64.load', RSP).i64(8).op('i64.sub');
      const pointer = cursor.keep();
      const host = this.addresses.translate(pointer, 8, ACCESS_STACK | ACCESS_WRITE);
      f.i32(0).get(pointer).mem('i64.store', RSP);
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
    const { cursor } = this;
    if (bytes === 8) {
      cursor.f.i32(0).mem('i64.load', RSP).i64(8).op('i64.sub');
      this.addresses.translate(cursor.keep(), 8, ACCESS_STACK | ACCESS_WRITE);
      return;
    }
    cursor.f.i64(-bytes);
    this.legacy(bytes, true);
  }
  peek(bytes: OperandBytes, offset: number): Local {
    const { cursor } = this;
    const { f } = cursor;
    if (bytes !== 8) {
      f.i64(offset);
      f.get(this.legacy(bytes, false)).mem(LOAD[bytes]!);
      return cursor.keep();
    }
    f.i32(0).mem('i64.load', RSP);
    if (offset) f.i64(offset).op('i64.add');
    f.get(this.addresses.translate(cursor.keep(), 8, ACCESS_STACK)).mem('i64.load');
    return cursor.keep();
  }
  peekAt(pointer: Local, bytes: OperandBytes): Local {
    const { cursor } = this;
    const { f } = cursor;
    if (bytes === 8) f.get(this.addresses.translate(pointer, 8, ACCESS_STACK)).mem('i64.load');
    else {
      f.get(pointer);
      f.i32(0).mem('i64.load', RSP);
      f.get(cursor.keep()).op('i64.sub');
      f.get(this.legacy(bytes, false)).mem(LOAD[bytes]!);
    }
    return cursor.keep();
  }
  /** Host address of bytes on the stack outside 64-bit mode, or of 16 bits: pops their i64 offset from the stack pointer. */
  private legacy(bytes: OperandBytes, write: boolean): Local {
    this.flags.settle();
    const { cursor } = this;
    const { f, frame } = cursor;
    f.i32(bytes | ACCESS_STACK | (write ? ACCESS_WRITE : 0));
    cursor.here();
    f.get(frame.tlb).call(frame.functions.stack);
    const host = cursor.keep32();
    f.get(host);
    cursor.leaveUnless(Exit.atRecord);
    return host;
  }

  adjust(bytes: number): void {
    this.cursor.f.i32(0).mem('i64.load', RSP).i64(bytes).op('i64.add');
    this.set(this.cursor.keep());
  }
  set(value: Local): void {
    const { f, form } = this.cursor;
    if (form.size === 8) {
      f.i32(0).get(value).mem('i64.store', RSP);
      return;
    }
    const mode = this.cursor.temp32();
    f.i32(0)
      .mem('i32.load', STATE + S.mode)
      .set(mode);
    f.get(mode).i32(ModeBit.code64).op('i32.and').if();
    f.i32(0).get(value).mem('i64.store', RSP);
    f.else();
    f.get(mode).i32(ModeBit.stack32).op('i32.and').if();
    f.i32(0).get(value).i64(0xffffffff).op('i64.and').mem('i64.store', RSP);
    f.else();
    f.i32(0).get(value).mem('i64.store16', RSP);
    f.end().end();
  }
}
