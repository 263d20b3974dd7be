// x87 and MMX: the wait for a pending exception, last-instruction pointers, operations that TypeScript runs.
import type { Local } from '../../wasm/code';
import type { FpuCall } from '../../x86/emit/context';
import { FPU_NAMES, type FpuOperationName } from '../../x86/fpu/operations';
import { S, STATE } from '../../x86/layout';
import { FPU_PENDING, FpuDone } from '../fpu-functions';
import { BOUNCE, BOUNCE_SIZE, Exit } from '../record';
import type { FlagEmitter } from './flag-emitter';
import type { HostAddressEmitter } from './host-address-emitter';
import type { RecordCursor } from './record-cursor';

const ERROR_SUMMARY = 0x80;

export class FpuEmitter {
  constructor(
    private readonly cursor: RecordCursor,
    private readonly flags: FlagEmitter,
    private readonly addresses: HostAddressEmitter,
  ) {}

  /** #MF or FERR#, if an unmasked exception is pending. */
  wait(): void {
    this.flags.settle();
    const { cursor } = this;
    const { f, frame } = cursor;
    f.i32(0)
      .mem('i32.load', STATE + S.fsw)
      .i32(ERROR_SUMMARY)
      .op('i32.and')
      .if();
    cursor.here();
    f.i32(FPU_PENDING).i32(0).call(frame.functions.fpuCall).i32(FpuDone.left).op('i32.eq').if();
    cursor.leaveHere(Exit.atRecord);
    f.end().end();
  }

  /** Calls the operation; the i32 result stays on the stack. */
  private call(operation: FpuOperationName, argument: () => void, pointers: FpuCall['pointers']): void {
    this.flags.settle();
    const { cursor } = this;
    const { f, frame } = cursor;
    if (pointers !== 'none') {
      cursor.here();
      f.call(frame.functions.fpu.codePointer);
    }
    if (pointers === 'data') {
      const linear = this.addresses.linear();
      cursor.here();
      f.get(linear).call(frame.functions.fpu.dataPointer);
    }
    cursor.here();
    f.i32(FPU_NAMES.indexOf(operation));
    argument();
    f.call(frame.functions.fpuCall);
  }

  run(operation: FpuOperationName, { argument, pointers, commit }: FpuCall): void {
    const { f } = this.cursor;
    this.call(operation, () => (argument === undefined ? f.i32(0) : f.get(argument)), pointers);
    if (commit === undefined) {
      f.op('drop');
      return;
    }
    f.i32(FpuDone.stored).op('i32.eq').if();
    this.addresses.commit(commit);
    f.end();
  }

  /** Flags by a comparison of ST(0) with register `i`; an unmasked exception leaves them. */
  compare(operation: FpuOperationName, i: Local): void {
    const { f } = this.cursor;
    const place = BOUNCE + BOUNCE_SIZE;
    this.flags.settle();
    this.call(
      operation,
      () =>
        f
          .get(i)
          .i32(place << 3)
          .op('i32.or'),
      'code',
    );
    f.i32(FpuDone.stored).op('i32.eq').if();
    f.i32(0).mem('i64.load', place);
    this.flags.replace(0x8d5, this.cursor.keep());
    this.flags.settle();
    f.end();
  }

  enterMmx(): void {
    this.cursor.f.call(this.cursor.frame.functions.fpu.enterMmx);
  }
}
