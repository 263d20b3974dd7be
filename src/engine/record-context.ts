// The operand context over pre-decoded records: what the interpreter's handlers are emitted with. A handler may run several records one after the other;
// `offset` is the current one's distance from the first.
import { assert } from '../base/assert';
import type { Code, Local } from '../wasm/code';
import type { MemoryOp, ValTypeName } from '../wasm/opcodes';
import type { InsnContext, OperandBytes, RuntimeFunctions, StringOperation } from '../x86/emit/context';
import { ARITHMETIC_FLAGS, CcKind, CONDITIONS, type Condition, type FlagFunctions } from '../x86/emit/flags';
import { Gpr, ModeBit, S, STATE } from '../x86/layout';
import { VECTOR_NAMES, type VectorOperation } from '../x86/simd/operations';
import type { Form, Role } from './forms';
import { BOUNCE, BOUNCE_SIZE, Exit, R, RECORD_SIZE, Slot, TLB_ENTRIES, Tlb } from './record';

/** Functions of the interpreter's module that handlers call. */
export interface InterpreterFunctions {
  flags: FlagFunctions;
  runtime: RuntimeFunctions;
  /** (va i64, info i32, record i32) → host address, 0: leave. */
  access: number;
  /** (record i32): a bounced store is complete. */
  commit: number;
  /** (rip i64, tlb i32) → record or 0. */
  lookup: number;
  /** (vector i32, record i32): remembers an exception. */
  raise: number;
  /** (offset i64 relative to rSP, size i32, write i32, record i32, tlb i32) → host address or 0: stack accesses outside 64-bit mode. */
  stack: number;
  /** (value i64, mask i32): replaces flags. */
  replaceFlags: number;
  /** (record i32) */
  pause: number;
  /** (operation, destination, source, immediate) → 0: leave. */
  vector: number;
  strings: Record<string, number>;
}

/** Pools of locals of one function, shared by all handlers in it. */
export class LocalPool {
  private readonly locals: Record<'i32' | 'i64' | 'f64', Local[]> = { i32: [], i64: [], f64: [] };
  private readonly used = { i32: 0, i64: 0, f64: 0 };

  constructor(private readonly f: Code) {}

  reset(): void {
    this.used.i32 = 0;
    this.used.i64 = 0;
    this.used.f64 = 0;
  }
  take(type: 'i32' | 'i64' | 'f64'): Local {
    const list = this.locals[type];
    const at = this.used[type]++;
    let local = list[at];
    if (local === undefined) {
      local = this.f.local(type as ValTypeName);
      list[at] = local;
    }
    return local;
  }
}

/** How a handler goes on: differs between the loop's own handlers and those that are called. */
export interface HandlerFrame {
  f: Code;
  pool: LocalPool;
  record: Local;
  tlb: Local;
  functions: InterpreterFunctions;
  /** The i32 on the stack is the exit code. */
  leave(): void;
  /** The i32 on the stack is the next record. */
  dispatch(): void;
}

/** What is known of the flags while a handler runs on: the last operation's operands. */
interface KnownFlags {
  kind: 'sub' | 'add' | 'logic';
  size: OperandBytes;
  a: Local;
  b: Local;
  r: Local;
}

const LOAD: Readonly<Record<number, MemoryOp>> = { 1: 'i64.load8_u', 2: 'i64.load16_u', 4: 'i64.load32_u', 8: 'i64.load' };
const LOAD_SIGNED: Readonly<Record<number, MemoryOp>> = { 1: 'i64.load8_s', 2: 'i64.load16_s', 4: 'i64.load32_s', 8: 'i64.load' };
const STORE: Readonly<Record<number, MemoryOp>> = { 1: 'i64.store8', 2: 'i64.store16', 4: 'i64.store32', 8: 'i64.store' };

/** Access info for the slow path: size in bits 15:0; written; written after it has been read. */
export const ACCESS_WRITE = 0x1_0000;
export const ACCESS_MODIFY = 0x2_0000;

const gprSlot = (index: number): number => STATE + S.gpr + index * 8;

export class RecordContext implements InsnContext {
  readonly f: Code;
  readonly runtime: RuntimeFunctions;
  size: OperandBytes = 4;
  hasMemory = false;
  private form!: Form;
  private offset = 0;
  private isLast = true;
  private known: KnownFlags | undefined;
  /** Host address of the memory operand after a probe. */
  private host: Local | undefined;
  private displacement: Local | undefined;
  private jumped = false;
  /** Flag stores that have not been emitted yet. */
  private deferred: (() => void) | undefined;
  /** Block nesting outside the handler's own. */
  private nesting = 0;

  constructor(private readonly frame: HandlerFrame) {
    this.f = frame.f;
    this.runtime = frame.functions.runtime;
  }

  /** Emits the whole handler: the forms' semantics one after the other, then on to the next record. */
  emitHandler(forms: readonly Form[]): void {
    this.frame.pool.reset();
    this.known = undefined;
    this.offset = 0;
    this.jumped = false;
    this.deferred = undefined;
    this.nesting = this.f.nesting;
    forms.forEach((form, i) => {
      this.form = form;
      this.size = form.size;
      this.hasMemory = form.memory !== 'register';
      this.offset = i * RECORD_SIZE;
      this.isLast = i === forms.length - 1;
      this.host = undefined;
      this.displacement = undefined;
      form.emit(this);
    });
    this.settleFlags();
    if (this.jumped) return;
    this.f
      .get(this.frame.record)
      .i32(forms.length * RECORD_SIZE)
      .op('i32.add');
    this.frame.dispatch();
  }

  temp(): Local {
    return this.frame.pool.take('i64');
  }
  temp32(): Local {
    return this.frame.pool.take('i32');
  }
  tempF64(): Local {
    return this.frame.pool.take('f64');
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

  private recordField(op: MemoryOp, offset: number): void {
    this.f.get(this.frame.record).mem(op, this.offset + offset);
  }
  /** Pushes the current record's address. */
  private here(): void {
    this.f.get(this.frame.record);
    if (this.offset) this.f.i32(this.offset).op('i32.add');
  }
  private leaveHere(code: number): void {
    this.f.get(this.frame.record);
    if (this.offset + code) this.f.i32(this.offset + code).op('i32.add');
    this.frame.leave();
  }

  private role(operand: number): Role {
    const role = this.form.roles[operand];
    assert(role, `${this.form.name} has no operand ${operand}`);
    return role;
  }
  sizeOf(operand: number): OperandBytes {
    return this.role(operand).bytes;
  }

  /** Pushes the i32 address of an operand's slot. */
  private slotAddress(role: Role): void {
    if (role.at === 'fixed') this.f.i32(role.address);
    else this.recordField('i32.load', role.at === 'a' ? R.a : R.b);
  }
  slot(operand: number): Local {
    this.slotAddress(this.role(operand));
    return this.keep32();
  }

  private load(operand: number, signed: boolean): Local {
    const { f } = this;
    const role = this.role(operand);
    const load = (signed ? LOAD_SIGNED : LOAD)[role.bytes];
    assert(load, `operand ${operand} of ${this.form.name} fits a register`);
    switch (role.at) {
      case 'imm':
        // Kept cut to the operand's size.
        this.recordField(role.bytes === 8 || (signed && role.bytes === 4) ? 'i64.load32_s' : 'i64.load32_u', R.imm);
        if (signed && role.bytes < 4) f.op(role.bytes === 1 ? 'i64.extend8_s' : 'i64.extend16_s');
        break;
      case 'imm64':
        this.recordField('i64.load', R.disp);
        break;
      case 'one':
        f.i64(1);
        break;
      case 'memory':
        f.get(this.host ?? this.hostRead(operand, role.bytes)).mem(load);
        break;
      case 'fixed':
        f.i32(role.address).mem(load);
        break;
      case 'rel':
        assert(false, 'a branch target is not read');
        break;
      default:
        this.slotAddress(role);
        f.mem(load);
    }
    return this.keep();
  }
  read(operand: number): Local {
    return this.load(operand, false);
  }
  readSigned(operand: number): Local {
    return this.load(operand, true);
  }
  readModify(operand: number): Local {
    const role = this.role(operand);
    if (role.at === 'memory') this.host = this.hostWrite(operand, role.bytes);
    return this.read(operand);
  }
  probe(operand: number): void {
    const role = this.role(operand);
    if (role.at !== 'memory') return;
    this.pushAddress();
    this.host = this.translate(this.keep(), role.bytes, ACCESS_WRITE);
  }
  write(operand: number, value: Local): void {
    const { f } = this;
    const role = this.role(operand);
    if (role.at === 'memory') {
      this.probeOnce(operand);
      const store = STORE[role.bytes];
      assert(store && this.host !== undefined, 'memory operand is written');
      f.get(this.host).get(value).mem(store);
      this.commit(this.host);
      return;
    }
    this.slotAddress(role);
    this.storeRegister(role.bytes, value);
  }
  private probeOnce(operand: number): void {
    if (this.host === undefined) this.probe(operand);
  }
  /** The slot's address is on the stack. */
  private storeRegister(bytes: OperandBytes, value: Local): void {
    const { f } = this;
    f.get(value);
    if (bytes === 4) f.i64(0xffffffff).op('i64.and').mem('i64.store');
    else f.mem(STORE[bytes]!);
  }

  /** Pushes the linear address of the memory operand as the record has it. */
  private pushAddress(): void {
    const { f } = this;
    this.recordField('i32.load', R.b);
    f.mem('i64.load');
    if (this.form.memory === 'index') {
      this.recordField('i32.load', R.x);
      f.mem('i64.load');
      this.recordField('i64.load8_u', R.scale);
      f.op('i64.shl', 'i64.add');
    }
    this.recordField('i64.load32_s', R.disp);
    f.op('i64.add');
    if (this.displacement !== undefined) f.get(this.displacement).op('i64.add');
  }
  address(_operand: number): Local {
    this.pushAddress();
    return this.keep();
  }
  displace(): void {
    this.displacement = this.keep();
  }

  hostRead(_operand: number, bytes: number): Local {
    this.pushAddress();
    return this.translate(this.keep(), bytes, 0);
  }
  hostWrite(_operand: number, bytes: number): Local {
    this.pushAddress();
    return this.translate(this.keep(), bytes, ACCESS_WRITE | ACCESS_MODIFY);
  }
  /** Linear to host address through the fast TLB. */
  private translate(va: Local, bytes: number, access: number): Local {
    this.settleFlags();
    const write = access !== 0;
    const { f } = this;
    const host = this.temp32();
    const entry = this.temp32();
    f.get(va)
      .i64(7)
      .op('i64.shr_u', 'i32.wrap_i64')
      .i32((TLB_ENTRIES - 1) << 5)
      .op('i32.and')
      .get(this.frame.tlb)
      .op('i32.add')
      .tee(entry)
      .mem('i64.load', write ? Tlb.write : Tlb.read);
    f.get(va);
    if (bytes > 1) f.i64(bytes - 1).op('i64.add');
    f.i64(-4096).op('i64.and', 'i64.ne');
    f.if();
    f.get(va).i32(bytes | access);
    this.here();
    f.call(this.frame.functions.access).tee(host).op('i32.eqz').if();
    this.leaveHere(Exit.atRecord);
    f.end();
    f.else();
    f.get(va).op('i32.wrap_i64').get(entry).mem('i32.load', Tlb.addend).op('i32.add').set(host);
    f.end();
    return host;
  }
  commit(host: Local): void {
    const { f } = this;
    f.get(host).i32(BOUNCE).op('i32.eq').if();
    this.here();
    f.call(this.frame.functions.commit);
    f.end();
  }
  xmm(operand: number, bytes: number): Local {
    const role = this.role(operand);
    if (role.at === 'memory') return this.hostRead(operand, bytes);
    return this.slot(operand);
  }
  immediate32(): void {
    this.recordField('i32.load', R.imm);
  }

  gpr(index: number): Local {
    this.f.i32(0).mem('i64.load', gprSlot(index));
    return this.keep();
  }
  setGpr(index: number, bytes: OperandBytes, value: Local): void {
    this.f.i32(gprSlot(index));
    this.storeRegister(bytes, value);
  }

  private storeFlags(kind: number, r: Local, src: Local | undefined, aux: Local | undefined): void {
    const { size } = this;
    // In straight code the stores wait: the next instruction of the handler may overwrite all flags.
    this.deferred = () => this.emitFlags(kind, size, r, src, aux);
    if (this.f.nesting > this.nesting) this.settleFlags();
    this.known = undefined;
  }
  settleFlags(): void {
    const { deferred } = this;
    this.deferred = undefined;
    deferred?.();
  }
  private emitFlags(kind: number, size: number, r: Local, src: Local | undefined, aux: Local | undefined): void {
    const { f } = this;
    f.i32(0)
      .i32(kind | ((64 - size * 8) << 8))
      .mem('i32.store', STATE + S.ccOp);
    f.i32(0)
      .get(r)
      .mem('i64.store', STATE + S.ccDst);
    if (src !== undefined)
      f.i32(0)
        .get(src)
        .mem('i64.store', STATE + S.ccSrc);
    if (aux !== undefined)
      f.i32(0)
        .get(aux)
        .mem('i64.store', STATE + S.ccAux);
  }
  flagsAdd(a: Local, b: Local, r: Local): void {
    this.storeFlags(CcKind.add, r, b, undefined);
    this.known = { kind: 'add', size: this.size, a, b, r };
  }
  flagsSub(a: Local, b: Local, r: Local): void {
    this.storeFlags(CcKind.sub, r, b, undefined);
    this.known = { kind: 'sub', size: this.size, a, b, r };
  }
  flagsAdc(b: Local, r: Local, carry: Local): void {
    this.storeFlags(CcKind.adc, r, b, carry);
  }
  flagsSbb(b: Local, r: Local, borrow: Local): void {
    this.storeFlags(CcKind.sbb, r, b, borrow);
  }
  flagsLogic(r: Local): void {
    this.storeFlags(CcKind.logic, r, undefined, undefined);
    this.known = { kind: 'logic', size: this.size, a: r, b: r, r };
  }
  flagsInc(r: Local, carry: Local): void {
    this.storeFlags(CcKind.inc, r, undefined, carry);
  }
  flagsDec(r: Local, carry: Local): void {
    this.storeFlags(CcKind.dec, r, undefined, carry);
  }
  flagsExplicit(r: Local, bits: Local): void {
    this.storeFlags(CcKind.explicit, r, undefined, bits);
  }
  flagsReplace(mask: number, value: Local): void {
    this.settleFlags();
    const { f } = this;
    this.known = undefined;
    if (mask & ARITHMETIC_FLAGS) {
      f.get(value).i32(mask).call(this.frame.functions.replaceFlags);
      return;
    }
    f.i32(0)
      .i32(0)
      .mem('i64.load', STATE + S.rflags)
      .i64(~mask)
      .op('i64.and')
      .get(value)
      .op('i64.or')
      .mem('i64.store', STATE + S.rflags);
  }
  materialise(): void {
    this.settleFlags();
    this.f.call(this.frame.functions.flags.materialise);
  }
  rflags(): void {
    this.settleFlags();
    this.f.i32(0).mem('i64.load', STATE + S.rflags);
  }
  carry(): void {
    this.condition('b');
    this.f.op('i32.eqz', 'i32.eqz', 'i64.extend_i32_u');
  }

  condition(cc: Condition): void {
    const { f } = this;
    const index = CONDITIONS.indexOf(cc);
    const base = CONDITIONS[index & ~1] as keyof FlagFunctions['test'];
    if (!this.knownCondition(base)) {
      this.settleFlags();
      f.call(this.frame.functions.flags.test[base]);
    }
    if (index & 1) f.op('i32.eqz');
  }
  /** A condition on the operands that this handler has just had in hand. */
  private knownCondition(base: keyof FlagFunctions['test']): boolean {
    const { f, known } = this;
    if (!known) return false;
    const unused = 64 - known.size * 8;
    const signed = (value: Local): void => {
      f.get(value);
      if (unused === 32) f.op('i64.extend32_s');
      else if (unused === 48) f.op('i64.extend16_s');
      else if (unused === 56) f.op('i64.extend8_s');
    };
    switch (base) {
      case 'e':
        f.get(known.r);
        if (unused === 32) f.op('i32.wrap_i64', 'i32.eqz');
        else if (unused) f.i64(unused).op('i64.shl', 'i64.eqz');
        else f.op('i64.eqz');
        return true;
      case 's':
        signed(known.r);
        f.i64(0).op('i64.lt_s');
        return true;
      case 'b':
        if (known.kind === 'logic') f.i32(0);
        else if (known.kind === 'sub') f.get(known.a).get(known.b).op('i64.lt_u');
        else {
          f.get(known.r);
          if (unused) f.i64((1n << BigInt(known.size * 8)) - 1n).op('i64.and');
          f.get(known.b).op('i64.lt_u');
        }
        return true;
      case 'be':
        if (known.kind === 'sub') f.get(known.a).get(known.b).op('i64.le_u');
        else if (known.kind === 'logic') this.knownCondition('e');
        else return false;
        return true;
      case 'l':
      case 'le':
        if (known.kind === 'add') return false;
        if (known.kind === 'sub') {
          signed(known.a);
          signed(known.b);
        } else {
          signed(known.r);
          f.i64(0);
        }
        f.op(base === 'l' ? 'i64.lt_s' : 'i64.le_s');
        return true;
      case 'o':
        if (known.kind !== 'logic') return false;
        f.i32(0);
        return true;
      default:
        return false;
    }
  }

  push(value: Local, bytes: OperandBytes): void {
    const { f } = this;
    if (bytes === 8) {
      f.i32(0).mem('i64.load', gprSlot(Gpr.rsp)).i64(8).op('i64.sub');
      const pointer = this.keep();
      const host = this.translate(pointer, 8, ACCESS_WRITE);
      f.i32(0).get(pointer).mem('i64.store', gprSlot(Gpr.rsp));
      f.get(host).get(value).mem('i64.store');
      this.commit(host);
      return;
    }
    const host = this.legacyStack(-bytes, bytes, true);
    this.adjustStack(-bytes);
    f.get(host).get(value).mem(STORE[bytes]!);
    this.commit(host);
  }
  peek(bytes: OperandBytes, offset = 0): Local {
    const { f } = this;
    if (bytes !== 8) {
      f.get(this.legacyStack(offset, bytes, false)).mem(LOAD[bytes]!);
      return this.keep();
    }
    f.i32(0).mem('i64.load', gprSlot(Gpr.rsp));
    if (offset) f.i64(offset).op('i64.add');
    f.get(this.translate(this.keep(), 8, 0)).mem('i64.load');
    return this.keep();
  }
  peekAt(pointer: Local, bytes: OperandBytes): Local {
    const { f } = this;
    if (bytes === 8) f.get(this.translate(pointer, 8, 0)).mem('i64.load');
    else {
      f.get(pointer).get(this.gpr(Gpr.rsp)).op('i64.sub');
      f.get(this.legacyStackAt(bytes, false)).mem(LOAD[bytes]!);
    }
    return this.keep();
  }
  private legacyStack(offset: number, bytes: OperandBytes, write: boolean): Local {
    this.f.i64(offset);
    return this.legacyStackAt(bytes, write);
  }
  /** Pops the i64 offset from the stack pointer. */
  private legacyStackAt(bytes: OperandBytes, write: boolean): Local {
    this.settleFlags();
    const { f } = this;
    f.i32(write ? bytes | ACCESS_WRITE : bytes);
    this.here();
    f.get(this.frame.tlb).call(this.frame.functions.stack);
    const host = this.keep32();
    f.get(host).op('i32.eqz').if();
    this.leaveHere(Exit.atRecord);
    f.end();
    return host;
  }
  adjustStack(bytes: number): void {
    const { f } = this;
    f.i32(0).mem('i64.load', gprSlot(Gpr.rsp)).i64(bytes).op('i64.add');
    this.setStack(this.keep());
  }
  setStack(value: Local): void {
    const { f } = this;
    if (this.size === 8) {
      f.i32(0).get(value).mem('i64.store', gprSlot(Gpr.rsp));
      return;
    }
    const mode = this.temp32();
    f.i32(0)
      .mem('i32.load', STATE + S.mode)
      .set(mode);
    f.get(mode).i32(ModeBit.code64).op('i32.and').if();
    f.i32(0).get(value).mem('i64.store', gprSlot(Gpr.rsp));
    f.else();
    f.get(mode).i32(ModeBit.stack32).op('i32.and').if();
    f.i32(0).get(value).i64(0xffffffff).op('i64.and').mem('i64.store', gprSlot(Gpr.rsp));
    f.else();
    f.i32(0).get(value).mem('i64.store16', gprSlot(Gpr.rsp));
    f.end().end();
  }

  nextIp(): Local {
    const { f } = this;
    f.i32(0).mem('i64.load', Slot.ripBase);
    this.recordField('i64.load16_u', R.ipNext);
    f.op('i64.add');
    return this.keep();
  }
  jumpIf(): void {
    this.settleFlags();
    const { f } = this;
    f.if();
    this.takeBranch();
    f.end();
    assert(this.isLast, 'a conditional branch ends a handler');
  }
  jump(): void {
    this.settleFlags();
    this.takeBranch();
    this.jumped = true;
  }
  private takeBranch(): void {
    const { f } = this;
    const rip = this.temp();
    const left = this.temp32();
    f.i32(0).mem('i64.load', Slot.ripBase);
    this.recordField('i64.load32_s', R.disp);
    f.op('i64.add').set(rip);
    if (this.form.branch === 'looked-up') {
      this.enterLookedUp(rip, Exit.directBranch, () => this.recordField('i32.load', R.imm));
      return;
    }
    f.i32(0).mem('i32.load', Slot.remaining);
    this.recordField('i32.load', R.imm);
    f.op('i32.add').tee(left).i32(0).op('i32.lt_s').if();
    this.leaveHere(Exit.directBranch);
    f.end();
    f.i32(0).get(left).mem('i32.store', Slot.remaining);
    f.i32(0).get(rip).mem('i64.store', Slot.ripBase);
    this.recordField('i32.load', R.link);
    this.frame.dispatch();
  }
  /** Goes on at `rip` if its block is known and the budget covers it. `givenBack` pushes what the running block did not use. */
  private enterLookedUp(rip: Local, code: number, givenBack: (() => void) | undefined): void {
    const { f } = this;
    const record = this.temp32();
    const left = this.temp32();
    f.get(rip).get(this.frame.tlb).call(this.frame.functions.lookup).tee(record).op('i32.eqz').if();
    this.leaveHere(code);
    f.end();
    f.i32(0).mem('i32.load', Slot.remaining);
    f.get(record).i32(RECORD_SIZE).op('i32.sub').mem('i32.load', 0).op('i32.sub');
    if (givenBack) {
      givenBack();
      f.op('i32.add');
    }
    f.tee(left).i32(0).op('i32.lt_s').if();
    this.leaveHere(code);
    f.end();
    f.i32(0).get(left).mem('i32.store', Slot.remaining);
    f.i32(0).get(rip).mem('i64.store', Slot.ripBase);
    f.get(record);
    this.frame.dispatch();
  }
  jumpTo(target: Local): void {
    this.settleFlags();
    const { f } = this;
    if (this.size !== 8)
      f.get(target)
        .i64(this.size === 4 ? 0xffffffff : 0xffff)
        .op('i64.and')
        .set(target);
    f.i32(0).get(target).mem('i64.store', Slot.nextRip);
    this.enterLookedUp(target, Exit.indirectBranch, undefined);
    this.jumped = true;
  }
  raiseIf(vector: number): void {
    this.settleFlags();
    const { f } = this;
    f.if();
    f.i32(vector);
    this.here();
    f.call(this.frame.functions.raise);
    this.leaveHere(Exit.atRecord);
    f.end();
  }
  vector(operation: VectorOperation, destination: Local, source: Local): void {
    this.settleFlags();
    const { f } = this;
    f.i32(VECTOR_NAMES.indexOf(operation)).get(destination).get(source);
    if (this.form.roles.some((role) => role.at === 'imm')) this.immediate32();
    else f.i32(0);
    f.call(this.frame.functions.vector).op('i32.eqz').if();
    this.leaveHere(Exit.atRecord);
    f.end();
  }
  compareFloats(operation: VectorOperation, a: Local, b: Local): void {
    this.settleFlags();
    const { f } = this;
    f.i32(VECTOR_NAMES.indexOf(operation))
      .get(a)
      .get(b)
      .i32(BOUNCE + BOUNCE_SIZE);
    f.call(this.frame.functions.vector).op('i32.eqz').if();
    this.leaveHere(Exit.atRecord);
    f.end();
    f.i32(0).mem('i64.load', BOUNCE + BOUNCE_SIZE);
    this.flagsReplace(ARITHMETIC_FLAGS, this.keep());
  }
  pause(): void {
    this.settleFlags();
    this.here();
    this.f.call(this.frame.functions.pause);
  }
  string(operation: StringOperation): void {
    this.settleFlags();
    const { f } = this;
    const index = this.frame.functions.strings[`${operation}${this.size}`];
    assert(index !== undefined, `string operation ${operation}`);
    this.here();
    f.get(this.frame.tlb).call(index).op('i32.eqz').if();
    this.leaveHere(Exit.atRecord);
    f.end();
  }
}
