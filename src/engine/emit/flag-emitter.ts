// Flags of a handler: what an operation leaves for later is stored lazily (kind, result, sources), and a condition on what the handler has just computed is
// made from its operands.
import type { Local } from '../../wasm/code';
import { ARITHMETIC_FLAGS, CcKind, CONDITIONS, type Condition, type FlagFunctions } from '../../x86/emit/flags';
import { S, STATE } from '../../x86/layout';
import { emitKnownCondition, type KnownFlags } from './known-flags';
import type { RecordCursor } from './record-cursor';

export class FlagEmitter {
  private known: KnownFlags | undefined;
  /** Flag stores that have not been emitted yet. */
  private deferred: (() => void) | undefined;
  /** Block nesting outside the handler's own. */
  private nesting = 0;

  constructor(private readonly cursor: RecordCursor) {}

  start(): void {
    this.known = undefined;
    this.deferred = undefined;
    this.nesting = this.cursor.f.nesting;
  }

  /** The flags after an operation: result, source and auxiliary value, as `CcKind` says. */
  store(kind: number, r: Local, src?: Local, aux?: Local): void {
    const { size } = this.cursor.form;
    // In straight code the stores wait: the next instruction of the handler may overwrite all flags.
    this.deferred = () => this.emitStores(kind, size, r, src, aux);
    if (this.cursor.f.nesting > this.nesting) this.settle();
    this.known = undefined;
  }
  settle(): void {
    const { deferred } = this;
    this.deferred = undefined;
    deferred?.();
  }
  private emitStores(kind: number, size: number, r: Local, src: Local | undefined, aux: Local | undefined): void {
    const { f } = this.cursor;
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

  add(a: Local, b: Local, r: Local): void {
    this.store(CcKind.add, r, b);
    this.known = { kind: 'add', size: this.cursor.form.size, a, b, r };
  }
  sub(a: Local, b: Local, r: Local): void {
    this.store(CcKind.sub, r, b);
    this.known = { kind: 'sub', size: this.cursor.form.size, a, b, r };
  }
  logic(r: Local): void {
    this.store(CcKind.logic, r);
    this.known = { kind: 'logic', size: this.cursor.form.size, a: r, b: r, r };
  }
  replace(mask: number, value: Local): void {
    this.settle();
    const { f, frame } = this.cursor;
    this.known = undefined;
    if (mask & ARITHMETIC_FLAGS) {
      f.get(value).i32(mask).call(frame.functions.replaceFlags);
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
    this.settle();
    this.cursor.f.call(this.cursor.frame.functions.flags.materialise);
  }
  rflags(): void {
    this.settle();
    this.cursor.f.i32(0).mem('i64.load', STATE + S.rflags);
  }
  carry(): void {
    this.condition('b');
    this.cursor.f.op('i32.eqz', 'i32.eqz', 'i64.extend_i32_u');
  }
  condition(cc: Condition): void {
    const { f, frame } = this.cursor;
    const index = CONDITIONS.indexOf(cc);
    const base = CONDITIONS[index & ~1] as keyof FlagFunctions['test'];
    if (!this.known || !emitKnownCondition(f, this.known, base)) {
      this.settle();
      f.call(frame.functions.flags.test[base]);
    }
    if (index & 1) f.op('i32.eqz');
  }
}
