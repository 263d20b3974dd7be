// What a handler leaves to other functions: exceptions, vector operations that TypeScript runs, string instructions, PAUSE.
import { assert } from '../../base/assert';
import type { Local } from '../../wasm/code';
import type { StringOperation, VectorOperands } from '../../x86/emit/context';
import { VECTOR_NAMES, type VectorOperation } from '../../x86/simd/operations';
import { BOUNCE, BOUNCE_SIZE, Exit, R, VECTOR_BYTES_SHIFT } from '../record';
import type { FlagEmitter } from './flag-emitter';
import type { RecordCursor } from './record-cursor';

export class CallEmitter {
  constructor(
    private readonly cursor: RecordCursor,
    private readonly flags: FlagEmitter,
  ) {}

  /** The i32 on the stack says whether. */
  raiseIf(vector: number): void {
    this.flags.settle();
    const { cursor } = this;
    const { f, frame } = cursor;
    f.if();
    f.i32(vector);
    cursor.here();
    f.call(frame.functions.raise);
    cursor.leaveHere(Exit.atRecord);
    f.end();
  }
  vector(operation: VectorOperation, { bytes, destination, source1, source2, source3 }: VectorOperands): void {
    this.flags.settle();
    const { f, form, frame } = this.cursor;
    f.i32(VECTOR_NAMES.indexOf(operation) | (bytes << VECTOR_BYTES_SHIFT))
      .get(destination)
      .get(source1)
      .get(source2);
    if (source3 !== undefined) f.get(source3);
    else if (form.roles.some((role) => role.at === 'imm')) this.cursor.field('i32.load', R.imm);
    else f.i32(0);
    f.call(frame.functions.vector);
    this.cursor.leaveUnless(Exit.atRecord);
  }
  scratch(): Local {
    this.cursor.f.i32(BOUNCE + BOUNCE_SIZE);
    return this.cursor.keep32();
  }
  pause(): void {
    this.flags.settle();
    this.cursor.here();
    this.cursor.f.call(this.cursor.frame.functions.pause);
  }
  string(operation: StringOperation): void {
    this.flags.settle();
    const { cursor } = this;
    const { f, form, frame } = cursor;
    const index = frame.functions.strings[`${operation}${form.size}`];
    assert(index !== undefined, `string operation ${operation}`);
    cursor.here();
    f.get(frame.tlb).call(index);
    cursor.leaveUnless(Exit.atRecord);
  }
}
