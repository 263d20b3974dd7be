// String instructions as functions of the interpreter's module: (record, tlb) → 1 when the instruction is complete, 0 to leave before its next iteration.
// One iteration is one unit of the budget; the first is paid for by the block. Flat addresses only: others are run by a helper.
import type { Code, Local } from '../wasm/code';
import type { ModuleBuilder } from '../wasm/module';
import type { OperandBytes, StringOperation } from '../x86/emit/context';
import { CcKind, Flag } from '../x86/emit/flags';
import { Gpr, S, STATE } from '../x86/layout';
import { ACCESS_WRITE } from './access-info';
import { BOUNCE, R, Slot, Tlb } from './record';
import { gprSlot } from './slots';
import { emitFastEntryOffset } from './tlb-index';

/** Record fields of a string instruction: x is the kind of repetition, scale 1 for 32-bit addresses. */
export const Repeat = { none: 0, whileEqual: 1, whileNotEqual: 2 } as const;

const RF = 0x1_0000;

const LOAD = { 1: 'i64.load8_u', 2: 'i64.load16_u', 4: 'i64.load32_u', 8: 'i64.load' } as const;
const STORE = { 1: 'i64.store8', 2: 'i64.store16', 4: 'i64.store32', 8: 'i64.store' } as const;
type Bytes = keyof typeof LOAD;

interface StringFunctions {
  access: number;
  commit: number;
  flagE: number;
  /** jit/sample-log.ts */
  prolong: number;
}

class StringEmitter {
  private readonly record: Local = 0;
  private readonly tlb: Local = 1;
  private readonly mask: Local;
  private readonly repeat: Local;
  private readonly count: Local;
  private readonly step: Local;
  private readonly source: Local;
  private readonly destination: Local;
  private readonly from: Local;
  private readonly to: Local;
  private readonly value: Local;
  private readonly other: Local;
  private readonly n: Local;
  private readonly entry: Local;
  /** The element was reached by the slow path: code or a breakpoint may be beside it. */
  private readonly slow: Local;

  constructor(
    private readonly f: Code,
    private readonly bytes: Bytes,
    private readonly functions: StringFunctions,
  ) {
    this.mask = f.local('i64');
    this.count = f.local('i64');
    this.step = f.local('i64');
    this.source = f.local('i64');
    this.destination = f.local('i64');
    this.value = f.local('i64');
    this.other = f.local('i64');
    this.repeat = f.local('i32');
    this.from = f.local('i32');
    this.to = f.local('i32');
    this.n = f.local('i32');
    this.entry = f.local('i32');
    this.slow = f.local('i32');
  }

  private pointer(index: number, into: Local): void {
    this.f.i32(0).mem('i64.load', gprSlot(index)).get(this.mask).op('i64.and').set(into);
  }

  private translate(va: Local, write: boolean, host: Local): void {
    const { f, bytes } = this;
    emitFastEntryOffset(f, () => f.get(va).op('i32.wrap_i64'));
    f.get(this.tlb)
      .op('i32.add')
      .tee(this.entry)
      .mem('i64.load', write ? Tlb.write : Tlb.read);
    f.get(va)
      .i64(bytes - 1)
      .op('i64.add')
      .i64(-4096)
      .op('i64.and', 'i64.ne');
    f.unlikely().if();
    f.get(va)
      .i32(write ? bytes | ACCESS_WRITE : bytes)
      .get(this.record)
      .call(this.functions.access)
      .tee(host)
      .op('i32.eqz')
      .if();
    f.i32(0).op('return').end();
    f.i32(1).set(this.slow);
    f.else();
    f.get(va).op('i32.wrap_i64').get(this.entry).mem('i32.load', Tlb.addend).op('i32.add').set(host);
    f.end();
  }

  private advance(index: number): void {
    const { f } = this;
    f.i32(gprSlot(index)).i32(0).mem('i64.load', gprSlot(index)).get(this.step).get(this.n).op('i64.extend_i32_u', 'i64.mul', 'i64.add');
    f.get(this.mask).op('i64.and').mem('i64.store');
  }

  private minimum(push: () => void): void {
    const { f } = this;
    push();
    f.set(this.entry);
    f.get(this.entry).get(this.n).get(this.entry).get(this.n).op('i32.lt_u', 'select').set(this.n);
  }

  /** How many iterations may be done at once: within pages that have fast tags, the count and the budget; upwards only. */
  private bulk(pointers: readonly Local[]): void {
    const { f, bytes } = this;
    f.i32(1).set(this.n);
    f.get(this.repeat).get(this.step).i64(0).op('i64.gt_s', 'i32.and').get(this.slow).op('i32.eqz', 'i32.and').if();
    // The budget: what remains and the unit already paid.
    f.i32(0).mem('i32.load', Slot.remaining).i32(1).op('i32.add').set(this.n);
    for (const pointer of pointers)
      this.minimum(() =>
        f.i32(4096).get(pointer).op('i32.wrap_i64').i32(4095).op('i32.and', 'i32.sub').i32(Math.log2(bytes)).op('i32.shr_u'),
      );
    f.get(this.count).get(this.n).op('i64.extend_i32_u', 'i64.lt_u').if();
    f.get(this.count).op('i32.wrap_i64').set(this.n).end();
    f.get(this.n).op('i32.eqz').if();
    f.i32(1).set(this.n).end();
    f.end();
  }

  emit(operation: StringOperation): void {
    const { f, bytes } = this;
    const compares = operation === 'cmps' || operation === 'scas';
    f.i64(0xffffffff).i64(-1).get(this.record).mem('i32.load8_u', R.scale).op('select').set(this.mask);
    f.get(this.record).mem('i32.load', R.x).set(this.repeat);
    f.i64(-bytes)
      .i64(bytes)
      .i32(0)
      .mem('i32.load', STATE + S.rflags)
      .i32(Flag.DF)
      .op('i32.and', 'select')
      .set(this.step);
    const again = f.loop();
    f.i32(1).set(this.n);
    f.i32(0).set(this.slow);
    f.get(this.repeat).if();
    this.pointer(Gpr.rcx, this.count);
    f.get(this.count).op('i64.eqz').if();
    f.i32(1).op('return').end().end();
    if (operation !== 'stos' && operation !== 'scas') this.pointer(Gpr.rsi, this.source);
    if (operation !== 'lods') this.pointer(Gpr.rdi, this.destination);
    this.iteration(operation);
    if (operation !== 'stos' && operation !== 'scas') this.advance(Gpr.rsi);
    if (operation !== 'lods') this.advance(Gpr.rdi);
    f.get(this.repeat).op('i32.eqz').if();
    f.i32(1).op('return').end();
    f.get(this.count).get(this.n).op('i64.extend_i32_u', 'i64.sub').set(this.count);
    f.i32(gprSlot(Gpr.rcx)).get(this.count).mem('i64.store');
    // What this pass used beyond the unit it came with.
    f.i32(0).i32(0).mem('i32.load', Slot.remaining).get(this.n).i32(1).op('i32.sub', 'i32.sub').mem('i32.store', Slot.remaining);
    f.get(this.count).op('i64.eqz').if();
    this.setResumeFlag(false);
    f.i32(1).op('return').end();
    if (compares) {
      f.call(this.functions.flagE).op('i32.eqz').get(this.repeat).i32(Repeat.whileEqual).op('i32.eq', 'i32.eq').if();
      this.setResumeFlag(false);
      f.i32(1).op('return').end();
    }
    this.setResumeFlag(true);
    f.i32(0).i32(0).mem('i32.load', Slot.remaining).i32(1).op('i32.sub').mem('i32.store', Slot.remaining);
    f.i32(0).mem('i32.load', Slot.remaining).i32(0).op('i32.lt_s').if();
    f.i32(0)
      .i32(0)
      .mem('i32.load', Slot.remaining)
      .i32(0)
      .call(this.functions.prolong)
      .op('i32.add')
      .mem('i32.store', Slot.remaining)
      .end();
    f.i32(0).mem('i32.load', Slot.remaining).i32(0).op('i32.ge_s').brIf(again);
    f.end();
    f.i32(0);
  }

  /** RF is set between two iterations: an interrupt there pushes it (SDM vol 3 ch. 19.3.1.1). */
  private setResumeFlag(on: boolean): void {
    const { f } = this;
    f.i32(0)
      .i32(0)
      .mem('i32.load', STATE + S.rflags)
      .i32(on ? RF : ~RF)
      .op(on ? 'i32.or' : 'i32.and')
      .mem('i32.store', STATE + S.rflags);
  }

  private iteration(operation: StringOperation): void {
    const { f, bytes } = this;
    const accumulator = (): Code => f.i32(0).mem(LOAD[bytes], gprSlot(Gpr.rax));
    switch (operation) {
      case 'movs':
        this.translate(this.source, false, this.from);
        f.get(this.from).mem(LOAD[bytes]).set(this.value);
        this.translate(this.destination, true, this.to);
        f.get(this.from).i32(BOUNCE).op('i32.eq').get(this.to).i32(BOUNCE).op('i32.eq', 'i32.or').if();
        f.get(this.to).get(this.value).mem(STORE[bytes]);
        this.commit();
        f.else();
        this.bulk([this.source, this.destination]);
        // A destination shortly behind the source repeats what it has just written: one at a time.
        f.get(this.to).get(this.from).op('i32.sub').get(this.n).i32(bytes).op('i32.mul', 'i32.lt_u').if();
        f.i32(1).set(this.n).end();
        f.get(this.to).get(this.from).get(this.n).i32(bytes).op('i32.mul').memoryCopy();
        f.end();
        return;
      case 'stos':
        this.translate(this.destination, true, this.to);
        accumulator().set(this.value);
        f.get(this.to).i32(BOUNCE).op('i32.eq').if();
        f.get(this.to).get(this.value).mem(STORE[bytes]);
        this.commit();
        f.else();
        this.bulk([this.destination]);
        this.fill();
        f.end();
        return;
      case 'lods':
        this.translate(this.source, false, this.from);
        f.get(this.from).mem(LOAD[bytes]).set(this.value);
        f.i32(gprSlot(Gpr.rax))
          .get(this.value)
          .mem(bytes === 4 ? 'i64.store' : STORE[bytes]);
        return;
      case 'cmps':
        // Which of two faulting elements is reported is not architectural: as AMD's processors have it.
        if (bytes === 1) {
          f.get(this.repeat).i32(Repeat.whileEqual).op('i32.eq').if();
          this.loadSource();
          this.loadDestination();
          f.else();
        }
        this.loadDestination();
        this.loadSource();
        if (bytes === 1) f.end();
        this.compare();
        return;
      case 'scas':
        this.translate(this.destination, false, this.to);
        f.get(this.to).mem(LOAD[bytes]).set(this.other);
        accumulator().set(this.value);
        this.compare();
    }
  }

  private loadSource(): void {
    this.translate(this.source, false, this.from);
    this.f.get(this.from).mem(LOAD[this.bytes]).set(this.value);
  }
  private loadDestination(): void {
    this.translate(this.destination, false, this.to);
    this.f.get(this.to).mem(LOAD[this.bytes]).set(this.other);
  }

  private commit(): void {
    const { f } = this;
    f.get(this.to).i32(BOUNCE).op('i32.eq').if();
    f.get(this.record).call(this.functions.commit).end();
  }

  private fill(): void {
    const { f, bytes } = this;
    if (bytes === 1) {
      f.get(this.to).get(this.value).op('i32.wrap_i64').get(this.n).memoryFill();
      return;
    }
    // Equal bytes fill; others are stored one by one.
    const ones = { 2: 0x0101n, 4: 0x01010101n, 8: 0x0101010101010101n }[bytes];
    f.get(this.value).i64(255).op('i64.and').i64(ones).op('i64.mul').get(this.value).op('i64.eq').if();
    f.get(this.to).get(this.value).op('i32.wrap_i64').get(this.n).i32(bytes).op('i32.mul').memoryFill();
    f.else();
    f.get(this.n).set(this.entry);
    const again = f.loop();
    f.get(this.to).get(this.value).mem(STORE[bytes]);
    f.get(this.to).i32(bytes).op('i32.add').set(this.to);
    f.get(this.entry).i32(1).op('i32.sub').tee(this.entry).brIf(again);
    f.end().end();
  }

  private compare(): void {
    const { f, bytes } = this;
    const store = (offset: number): Code => f.mem('i64.store', STATE + offset);
    f.i32(0).get(this.value).get(this.other).op('i64.sub');
    store(S.ccDst);
    f.i32(0).get(this.other);
    store(S.ccSrc);
    f.i32(0)
      .i32(CcKind.sub | ((64 - bytes * 8) << 8))
      .mem('i32.store', STATE + S.ccOp);
  }
}

export function buildStrings(module: ModuleBuilder, functions: StringFunctions): Record<string, number> {
  const result: Record<string, number> = {};
  for (const operation of ['movs', 'stos', 'lods', 'cmps', 'scas'] as const)
    for (const bytes of [1, 2, 4, 8] as const satisfies readonly OperandBytes[]) {
      const { index, code } = module.func(['i32', 'i32'], ['i32']);
      new StringEmitter(code, bytes, functions).emit(operation);
      result[`${operation}${bytes}`] = index;
    }
  return result;
}
