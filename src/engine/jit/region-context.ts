// The operand context over fixed operands: what a region's code is emitted with. The parts do the work, each knows the site.
import type { Code, Local } from '../../wasm/code';
import type { DoubleContext, InsnContext, OperandBytes, RuntimeFunctions, StringOperation, VectorOperands } from '../../x86/emit/context';
import type { Condition } from '../../x86/emit/flags';
import { emitMulHigh } from '../../x86/emit/runtime';
import { S, STATE } from '../../x86/layout';
import type { VectorOperation } from '../../x86/simd/operations';
import { R } from '../record';
import type { PageGroups } from './page-groups';
import { RegionAddresses } from './region-addresses';
import type { RegionBranches } from './region-branches';
import { RegionCalls } from './region-calls';
import { type Leave, RegionDoubles } from './region-doubles';
import type { RegionFlags } from './region-flags';
import { RegionFpu } from './region-fpu';
import type { RegionFunction } from './region-function';
import type { RegionNarrow } from './region-narrow';
import { RegionOperands } from './region-operands';
import { RegionRegisters } from './region-registers';
import type { RegionSite } from './region-site';
import { RegionStack } from './region-stack';

const RFLAGS = STATE + S.rflags;

/** Look at CF for nothing but their new flags. */
const KEEPING_CARRY: ReadonlySet<string> = new Set(['INC', 'DEC']);
const BRANCHES: ReadonlySet<string> = new Set(['CALL', 'JMP', 'RET']);

export class RegionContext implements InsnContext {
  readonly f: Code;
  readonly runtime: RuntimeFunctions;
  readonly addresses: RegionAddresses;
  readonly fpu: RegionFpu;
  /** What is known of doubles at this place. */
  readonly known: RegionDoubles;
  private readonly region: RegionFunction;
  private readonly operands: RegionOperands;
  private readonly stack: RegionStack;
  private readonly calls: RegionCalls;
  /** Blocks open around the instruction. */
  private nesting = 0;

  constructor(
    private readonly site: RegionSite,
    private readonly flags: RegionFlags,
    private readonly branches: RegionBranches,
    private readonly narrow: RegionNarrow,
    groups: PageGroups,
    leaveFor: () => Leave,
    scalars: ReadonlySet<number>,
  ) {
    const { region } = site;
    this.region = region;
    this.f = region.f;
    const { imports } = region;
    this.runtime = {
      get mulHighU() {
        return imports.index('mulHighU');
      },
      get mulHighS() {
        return imports.index('mulHighS');
      },
      get divU128() {
        return imports.index('divU128');
      },
    };
    this.addresses = new RegionAddresses(site, groups, leaveFor);
    this.calls = new RegionCalls(site, flags);
    this.known = new RegionDoubles(site, this.calls, leaveFor, scalars);
    this.operands = new RegionOperands(site, new RegionRegisters(region, narrow), this.addresses, this.known, narrow);
    this.stack = new RegionStack(site, this.addresses);
    this.fpu = new RegionFpu(site, flags, this.addresses);
  }

  /** Emits the site's form. */
  emitForm(): void {
    this.addresses.startForm();
    this.operands.startForm();
    this.flags.startForm();
    this.known.startForm();
    this.narrow.startForm();
    this.nesting = this.region.f.nesting;
    this.site.form.emit(this);
    this.operands.endForm();
    this.known.endForm();
  }

  /** Not under a condition of the instruction's own. */
  get doubles(): DoubleContext | undefined {
    return this.region.f.nesting === this.nesting ? this.known : undefined;
  }

  get size(): OperandBytes {
    return this.site.form.size;
  }
  get hasMemory(): boolean {
    return this.site.form.memory !== 'register';
  }

  temp(): Local {
    return this.region.temp('i64');
  }
  temp32(): Local {
    return this.region.temp('i32');
  }
  tempF32(): Local {
    return this.region.temp('f32');
  }
  tempV128(): Local {
    return this.region.temp('v128');
  }
  tempF64(): Local {
    return this.region.temp('f64');
  }
  keep(): Local {
    const local = this.temp();
    this.narrow.set(local);
    return local;
  }
  keep32(): Local {
    const local = this.temp32();
    this.f.set(local);
    return local;
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
  constant(operand: number): number | undefined {
    return this.operands.constant(operand);
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
    this.f.i32(this.site.i32(R.imm));
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
    // Branches and vector instructions write none under their conditions, which are of faults.
    const { form } = this.site;
    if (!form.vectors && !BRANCHES.has(form.name)) this.flags.settle();
  }
  flagsAdd(a: Local, b: Local, r: Local): void {
    this.flags.store('add', this.size, r, b, undefined, a);
  }
  flagsSub(a: Local, b: Local, r: Local): void {
    this.flags.store('sub', this.size, r, b, undefined, a);
  }
  flagsAdc(b: Local, r: Local, carry: Local): void {
    this.flags.store('adc', this.size, r, b, carry);
  }
  flagsSbb(b: Local, r: Local, borrow: Local): void {
    this.flags.store('sbb', this.size, r, b, borrow);
  }
  flagsLogic(r: Local): void {
    this.flags.store('logic', this.size, r);
  }
  flagsInc(r: Local, carry: Local): void {
    this.flags.store('inc', this.size, r, undefined, carry);
  }
  flagsDec(r: Local, carry: Local): void {
    this.flags.store('dec', this.size, r, undefined, carry);
  }
  flagsExplicit(r: Local, bits: Local): void {
    this.flags.store('explicit', this.size, r, undefined, bits);
  }
  flagsReplace(mask: number, value: Local): void {
    this.flags.replace(mask, value);
  }
  carry(): void {
    if (KEEPING_CARRY.has(this.site.form.name)) this.flags.keptCarry();
    else this.flags.carry();
  }
  condition(cc: Condition): void {
    this.flags.condition(cc);
  }
  materialise(): void {
    this.flags.materialise();
  }
  rflags(): void {
    this.region.f.i32(0).mem('i64.load', RFLAGS);
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
  /** In place, so that the host's compiler can drop it where only flags were to follow from it. */
  mulHigh(signed: boolean, a: Local, b: Local): void {
    const { f } = this;
    emitMulHigh(f, a, b, () => this.temp());
    if (!signed) return;
    f.get(a).i64(63).op('i64.shr_s').get(b).op('i64.and', 'i64.sub');
    f.get(b).i64(63).op('i64.shr_s').get(a).op('i64.and', 'i64.sub');
  }
  pause(): void {
    this.calls.pause();
  }
  string(operation: StringOperation): void {
    this.calls.string(operation);
  }
}
