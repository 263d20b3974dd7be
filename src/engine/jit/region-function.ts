// The one function of a region's module: guest registers in locals, loaded at its start and stored at its only end; exits on the way set what the end stores.
// Lazy flags are in memory where paths meet, and in locals between an operation and there. Parameters: record (the region's first), tlb. Result: as a called handler of the interpreter.
import { Code, type Label, type Local } from '../../wasm/code';
import { S, STATE } from '../../x86/layout';
import { LocalPool } from '../emit/local-pool';
import { COMPILED_INSTRUCTIONS, Exit, REGION_EXIT, Slot } from '../record';
import { gprSlot } from '../slots';
import { emitOwn } from './page-cache';
import type { RegionImports } from './region-imports';
import type { RegionCounters } from './region-profile';

const FLAG_FIELDS = [
  ['op', 'i32', S.ccOp],
  ['dst', 'i64', S.ccDst],
  ['src', 'i64', S.ccSrc],
  ['aux', 'i64', S.ccAux],
] as const;

/** Labels that end a block: memory has the flags, or locals do. */
interface BlockExit {
  readonly label: Label;
  readonly pending: Label;
  isPendingUsed: boolean;
}

/** Flags of a known operation, in locals. */
export interface PendingFlags {
  /** S.ccOp. */
  readonly operation: number;
  /** What nobody looks at. */
  readonly unused: readonly ('src' | 'aux')[];
}

export class RegionFunction {
  readonly f = new Code(2);
  readonly tlb: Local = 1;
  /** Slot.remaining. */
  readonly remaining: Local;
  /** CS offset of the region's entry block. */
  readonly base: Local;
  /** Effective address that an address record has made. */
  readonly ea: Local;
  /** Lazy flags, and the first operand of the last subtraction or addition. */
  readonly flags: { op: Local; dst: Local; src: Local; aux: Local };
  readonly flagA: Local;
  /** The block that the dispatcher goes to. */
  readonly next: Local;
  private readonly rip: Local;
  private readonly code: Local;
  private readonly registers: (Local | undefined)[] = [];
  private readonly written = new Set<number>();
  /** Lazy flags are in the locals at this place; undefined: memory has them. */
  flagsPending: PendingFlags | undefined;
  private readonly exit: Label;
  private readonly exitPending: Label;
  /** Of the block that is being written. */
  blockExit: BlockExit = { label: 0, pending: 0, isPendingUsed: false };
  usesPages = false;
  /** Places passed where fast TLB entries may have changed. */
  entryChanges = 0;
  private readonly pool: LocalPool;

  constructor(
    readonly imports: RegionImports,
    /** Where it is asked for. */
    readonly counters?: RegionCounters,
    /** Its instructions are counted. */
    private readonly counted = false,
  ) {
    const { f } = this;
    this.remaining = f.local('i32');
    this.code = f.local('i32');
    this.next = f.local('i32');
    this.base = f.local('i64');
    this.rip = f.local('i64');
    this.ea = f.local('i64');
    this.flags = { op: f.local('i32'), dst: f.local('i64'), src: f.local('i64'), aux: f.local('i64') };
    this.flagA = f.local('i64');
    this.exit = f.block();
    this.exitPending = f.block();
    this.pool = new LocalPool(f);
  }

  /** A local for the length of one instruction. */
  temp(type: 'i32' | 'i64' | 'f32' | 'f64' | 'v128'): Local {
    return this.pool.take(type);
  }
  startInstruction(): void {
    this.pool.reset();
  }

  /** Local of a general register. */
  register(index: number): Local {
    this.registers[index] ??= this.f.local('i64');
    return this.registers[index];
  }
  registerWritten(index: number): Local {
    this.written.add(index);
    return this.register(index);
  }

  /** Behind a call that may have changed fast TLB entries. */
  ownPages(): void {
    this.usesPages = true;
    this.entryChanges++;
    emitOwn(this.f, this.tlb, this.imports.index('ownLines'));
  }

  /** A block begins: where it is left, by labels that its end comes behind. */
  startBlock(): BlockExit {
    const { f } = this;
    this.blockExit = { label: f.block(), pending: f.block(), isPendingUsed: false };
    return this.blockExit;
  }
  /** All of it is written, and ends with what cannot be passed; it begins `delta` bytes from the region's entry. */
  endBlock({ isPendingUsed }: BlockExit, delta: number): void {
    const { f } = this;
    const goOn = (exit: Label): void => {
      f.end();
      f.get(this.base);
      if (delta) f.i64(delta).op('i64.add');
      f.set(this.rip).br(exit);
    };
    if (isPendingUsed) goOn(this.exitPending);
    else f.end().op('unreachable');
    goOn(this.exit);
  }
  /** Where the block is left from this place. */
  private exitOfBlock(): Label {
    const { blockExit, flagsPending } = this;
    if (!flagsPending) return blockExit.label;
    blockExit.isPendingUsed = true;
    return blockExit.pending;
  }
  /** Before a branch to an end that stores flags: what they are of. Where it goes on, nobody looks at what is set here. */
  private completeFlags(): void {
    const { f, flags, flagsPending } = this;
    if (!flagsPending) return;
    f.i32(flagsPending.operation).set(flags.op);
    for (const name of flagsPending.unused) f.i64(0).set(flags[name]);
  }
  /** Ends the function at a record, `delta` bytes from the region's entry. */
  leave(record: number, code: number, delta: number, why: string): void {
    this.counters?.emit(this.f, delta, why);
    this.completeFlags();
    this.f
      .i32((record + code) | Exit.flag | 0)
      .set(this.code)
      .br(this.exitOfBlock());
  }
  /** The same where the i32 on the stack is 0. */
  leaveUnless(record: number, code: number, delta: number, why: string): void {
    if (this.counters) {
      this.f.op('i32.eqz').unlikely().if();
      this.leave(record, code, delta, why);
      this.f.end();
      return;
    }
    this.completeFlags();
    this.f
      .op('i32.eqz')
      .i32((record + code) | Exit.flag | 0)
      .set(this.code)
      .unlikely()
      .brIf(this.exitOfBlock());
  }
  /** Ends the function with the interpreter going on: its i32 record is on the stack, the block's CS offset is in a local. */
  dispatch(rip: Local, delta: number, why: string): void {
    this.counters?.emit(this.f, delta, why);
    // A record is never 0. The question marks the end of the function as seldom reached, so that the host's compiler keeps stores of what only the end reads out of
    // loops.
    const { f } = this;
    f.tee(this.code).unlikely().if();
    this.completeFlags();
    f.get(rip)
      .set(this.rip)
      .br(this.flagsPending ? this.exitPending : this.exit);
    f.end().op('unreachable');
  }

  /** These registers and the budget in memory, for a function that looks at them or changes them. */
  spill(registers: readonly number[]): void {
    const { f } = this;
    for (const index of registers) f.i32(0).get(this.register(index)).mem('i64.store', gprSlot(index));
    f.i32(0).get(this.remaining).mem('i32.store', Slot.remaining);
  }
  /** What such a function may have changed. */
  reload(registers: readonly number[]): void {
    const { f } = this;
    for (const index of registers) f.i32(0).mem('i64.load', gprSlot(index)).set(this.registerWritten(index));
    f.i32(0).mem('i32.load', Slot.remaining).set(this.remaining);
  }

  /** Loads at the start, stores at the end; the function is complete. */
  finish(): void {
    const { f } = this;
    f.op('unreachable').end();
    for (const [name, type, offset] of FLAG_FIELDS)
      f.i32(0)
        .get(this.flags[name])
        .mem(`${type}.store`, STATE + offset);
    f.end();
    const head = new Code(2);
    if (this.usesPages) emitOwn(head, this.tlb, this.imports.index('ownLines'));
    head.i32(0).mem('i32.load', Slot.remaining).set(this.remaining);
    if (this.counted) this.countRemaining(head, 'i64.add');
    head.i32(0).mem('i64.load', Slot.ripBase).set(this.base);
    this.registers.forEach((local, index) => {
      if (local !== undefined) head.i32(0).mem('i64.load', gprSlot(index)).set(local);
    });
    f.before(head);
    for (const index of this.written) f.i32(0).get(this.registers[index]!).mem('i64.store', gprSlot(index));
    f.i32(0).get(this.remaining).mem('i32.store', Slot.remaining);
    f.i32(0).get(this.rip).mem('i64.store', Slot.ripBase);
    f.i32(0).get(this.code).mem('i32.store', REGION_EXIT);
    if (this.counted) this.countRemaining(f, 'i64.sub');
    f.get(this.code);
  }
  /** What takes more of the budget than instructions: it is not counted as such. */
  apart(call: () => void): void {
    const inMemory = (operation: 'i64.add' | 'i64.sub'): void =>
      this.countRemaining(this.f, operation, () => this.f.i32(0).mem('i32.load', Slot.remaining));
    if (this.counted) inMemory('i64.sub');
    call();
    if (this.counted) inMemory('i64.add');
  }
  private countRemaining(f: Code, operation: 'i64.add' | 'i64.sub', remaining: () => unknown = () => f.get(this.remaining)): void {
    f.i32(0).i32(0).mem('i64.load', COMPILED_INSTRUCTIONS);
    remaining();
    f.op('i64.extend_i32_s', operation);
    f.mem('i64.store', COMPILED_INSTRUCTIONS);
  }
}
