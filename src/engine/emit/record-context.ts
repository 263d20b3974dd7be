// The operand context over pre-decoded records: what the interpreter's handlers are emitted with. The parts do the work, each knows the cursor.
import type { Code, Local } from '../../wasm/code';
import type { InsnContext, OperandBytes, RuntimeFunctions, StringOperation, VectorOperands } from '../../x86/emit/context';
import { CcKind, type Condition } from '../../x86/emit/flags';
import type { VectorOperation } from '../../x86/simd/operations';
import type { Form } from '../forms';
import { R, RECORD_SIZE } from '../record';
import { BranchEmitter } from './branch-emitter';
import { CallEmitter } from './call-emitter';
import { FlagEmitter } from './flag-emitter';
import { FpuEmitter } from './fpu-emitter';
import type { HandlerFrame } from './handler-frame';
import { HostAddressEmitter } from './host-address-emitter';
import { OperandEmitter } from './operand-emitter';
import { RecordCursor } from './record-cursor';
import { StackEmitter } from './stack-emitter';

export class RecordContext implements InsnContext {
  readonly f: Code;
  readonly runtime: RuntimeFunctions;
  private readonly cursor: RecordCursor;
  private readonly flags: FlagEmitter;
  private readonly addresses: HostAddressEmitter;
  private readonly operands: OperandEmitter;
  private readonly stack: StackEmitter;
  private readonly branches: BranchEmitter;
  private readonly calls: CallEmitter;
  readonly fpu: FpuEmitter;

  constructor(private readonly frame: HandlerFrame) {
    this.f = frame.f;
    this.runtime = frame.functions.runtime;
    this.cursor = new RecordCursor(frame);
    this.flags = new FlagEmitter(this.cursor);
    this.addresses = new HostAddressEmitter(this.cursor, this.flags);
    this.operands = new OperandEmitter(this.cursor, this.addresses);
    this.stack = new StackEmitter(this.cursor, this.flags, this.addresses);
    this.branches = new BranchEmitter(this.cursor, this.flags);
    this.calls = new CallEmitter(this.cursor, this.flags);
    this.fpu = new FpuEmitter(this.cursor, this.flags, this.addresses);
  }

  /** Emits the whole handler: the forms' semantics one after the other, then on to the next record. */
  emitHandler(forms: readonly Form[]): void {
    this.cursor.start();
    this.flags.start();
    this.branches.start();
    forms.forEach((form, i) => {
      this.cursor.moveTo(form, i, forms.length);
      this.addresses.startForm();
      this.operands.startForm();
      form.emit(this);
    });
    this.flags.settle();
    if (this.branches.jumped) return;
    this.f
      .get(this.frame.record)
      .i32(forms.length * RECORD_SIZE)
      .op('i32.add');
    this.frame.dispatch();
  }

  get size(): OperandBytes {
    return this.cursor.form.size;
  }
  get hasMemory(): boolean {
    return this.cursor.form.memory !== 'register';
  }

  temp(): Local {
    return this.cursor.temp();
  }
  temp32(): Local {
    return this.cursor.temp32();
  }
  tempF32(): Local {
    return this.cursor.tempF32();
  }
  tempF64(): Local {
    return this.cursor.tempF64();
  }
  tempV128(): Local {
    return this.cursor.tempV128();
  }
  keep(): Local {
    return this.cursor.keep();
  }
  keep32(): Local {
    return this.cursor.keep32();
  }

  sizeOf(operand: number): OperandBytes {
    return this.operands.sizeOf(operand);
  }
  read(operand: number): Local {
    return this.operands.read(operand, false);
  }
  readSigned(operand: number): Local {
    return this.operands.read(operand, true);
  }
  constant(): undefined {
    return undefined;
  }
  readModify(operand: number): Local {
    return this.operands.readModify(operand);
  }
  probe(operand: number): void {
    this.operands.probe(operand);
  }
  write(operand: number, value: Local): void {
    this.operands.write(operand, value);
  }
  slot(operand: number): Local {
    return this.operands.slot(operand);
  }
  xmm(operand: number, bytes: number): Local {
    return this.operands.xmm(operand, bytes);
  }
  gpr(index: number): Local {
    return this.operands.gpr(index);
  }
  setGpr(index: number, bytes: OperandBytes, value: Local): void {
    this.operands.setGpr(index, bytes, value);
  }
  immediate32(): void {
    this.cursor.field('i32.load', R.imm);
  }

  address(_operand: number): Local {
    return this.addresses.linear();
  }
  displace(): void {
    this.addresses.displace();
  }
  hostRead(_operand: number, bytes: number): Local {
    return this.addresses.forReading(bytes);
  }
  hostWrite(_operand: number, bytes: number): Local {
    return this.addresses.forModifying(bytes);
  }
  commit(host: Local): void {
    this.addresses.commit(host);
  }

  settleFlags(): void {
    this.flags.settle();
  }
  flagsAdd(a: Local, b: Local, r: Local): void {
    this.flags.add(a, b, r);
  }
  flagsSub(a: Local, b: Local, r: Local): void {
    this.flags.sub(a, b, r);
  }
  flagsAdc(b: Local, r: Local, carry: Local): void {
    this.flags.store(CcKind.adc, r, b, carry);
  }
  flagsSbb(b: Local, r: Local, borrow: Local): void {
    this.flags.store(CcKind.sbb, r, b, borrow);
  }
  flagsLogic(r: Local): void {
    this.flags.logic(r);
  }
  flagsInc(r: Local, carry: Local): void {
    this.flags.store(CcKind.inc, r, undefined, carry);
  }
  flagsDec(r: Local, carry: Local): void {
    this.flags.store(CcKind.dec, r, undefined, carry);
  }
  flagsExplicit(r: Local, bits: Local): void {
    this.flags.store(CcKind.explicit, r, undefined, bits);
  }
  flagsReplace(mask: number, value: Local): void {
    this.flags.replace(mask, value);
  }
  carry(): void {
    this.flags.carry();
  }
  condition(cc: Condition): void {
    this.flags.condition(cc);
  }
  materialise(): void {
    this.flags.materialise();
  }
  rflags(): void {
    this.flags.rflags();
  }

  push(value: Local, bytes: OperandBytes): void {
    this.stack.push(value, bytes);
  }
  probePush(bytes: OperandBytes): void {
    this.stack.probePush(bytes);
  }
  peek(bytes: OperandBytes, offset = 0): Local {
    return this.stack.peek(bytes, offset);
  }
  peekAt(pointer: Local, bytes: OperandBytes): Local {
    return this.stack.peekAt(pointer, bytes);
  }
  adjustStack(bytes: number): void {
    this.stack.adjust(bytes);
  }
  setStack(value: Local): void {
    this.stack.set(value);
  }

  nextIp(): Local {
    return this.branches.nextIp();
  }
  branchTarget(): Local {
    return this.branches.branchTarget();
  }
  jumpIf(): void {
    this.branches.jumpIf();
  }
  jump(): void {
    this.branches.jump();
  }
  jumpTo(target: Local): void {
    this.branches.jumpTo(target);
  }

  raiseIf(vector: number): void {
    this.calls.raiseIf(vector);
  }
  vector(operation: VectorOperation, operands: VectorOperands): void {
    this.calls.vector(operation, operands);
  }
  scratch(): Local {
    return this.calls.scratch();
  }
  mulHigh(signed: boolean, a: Local, b: Local): void {
    this.f
      .get(a)
      .get(b)
      .call(signed ? this.runtime.mulHighS : this.runtime.mulHighU);
  }
  pause(): void {
    this.calls.pause();
  }
  string(operation: StringOperation): void {
    this.calls.string(operation);
  }
}
