// Where a handler's emission stands: the form at hand, and its record's distance from the handler's first. A handler may run several records one after the other.
import type { Code, Local } from '../../wasm/code';
import type { MemoryOp } from '../../wasm/opcodes';
import type { Form } from '../forms';
import { RECORD_SIZE } from '../record';
import type { HandlerFrame } from './handler-frame';

export class RecordCursor {
  readonly f: Code;
  form!: Form;
  /** No other record of the handler comes after this one. */
  isLast = true;
  private offset = 0;

  constructor(readonly frame: HandlerFrame) {
    this.f = frame.f;
  }

  start(): void {
    this.frame.pool.reset();
    this.offset = 0;
  }
  /** Moves to the handler's form number `i` of `count`. */
  moveTo(form: Form, i: number, count: number): void {
    this.form = form;
    this.offset = i * RECORD_SIZE;
    this.isLast = i === count - 1;
  }

  temp(): Local {
    return this.frame.pool.take('i64');
  }
  temp32(): Local {
    return this.frame.pool.take('i32');
  }
  tempF32(): Local {
    return this.frame.pool.take('f32');
  }
  tempF64(): Local {
    return this.frame.pool.take('f64');
  }
  tempV128(): Local {
    return this.frame.pool.take('v128');
  }
  keep(): Local {
    const local = this.temp();
    this.f.set(local);
    return local;
  }
  keep32(): Local {
    const local = this.temp32();
    this.f.set(local);
    return local;
  }

  /** Pushes a field of the current record. */
  field(op: MemoryOp, offset: number): void {
    this.f.get(this.frame.record).mem(op, this.offset + offset);
  }
  /** Pushes the current record's address. */
  here(): void {
    this.f.get(this.frame.record);
    if (this.offset) this.f.i32(this.offset).op('i32.add');
  }
  /** Leaves the interpreter at the current record. */
  leaveHere(code: number): void {
    this.f.get(this.frame.record);
    if (this.offset + code) this.f.i32(this.offset + code).op('i32.add');
    this.frame.leave();
  }
  /** Leaves with `code` where the i32 on the stack is 0. */
  leaveUnless(code: number): void {
    this.f.op('i32.eqz').if();
    this.leaveHere(code);
    this.f.end();
  }
}
