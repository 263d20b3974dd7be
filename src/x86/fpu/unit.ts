// The x87 unit of one vCPU over its state in memory: register stack, tags, status, and how exceptions are answered (SDM vol 1 ch. 8.1, 8.4 to 8.7).
import { S } from '../layout';
import { EARLY, Sw, TOP_MASK, TOP_SHIFT, withSummary } from './bits';
import { type F80, FpuEnvironment, INDEFINITE } from './float80';

export class FpuUnit {
  constructor(
    readonly view: DataView,
    /** Offset of the running vCPU's state. */
    private readonly base: number,
  ) {}

  get fcw(): number {
    return this.view.getUint16(this.base + S.fcw, true);
  }
  set fcw(value: number) {
    this.view.setUint16(this.base + S.fcw, value, true);
  }
  get fsw(): number {
    return this.view.getUint16(this.base + S.fsw, true);
  }
  set fsw(value: number) {
    this.view.setUint16(this.base + S.fsw, value, true);
  }
  private get tags(): number {
    return this.view.getUint8(this.base + S.ftw);
  }
  private set tags(value: number) {
    this.view.setUint8(this.base + S.ftw, value);
  }
  get top(): number {
    return (this.fsw & TOP_MASK) >> TOP_SHIFT;
  }
  private set top(value: number) {
    this.fsw = (this.fsw & ~TOP_MASK) | ((value & 7) << TOP_SHIFT);
  }

  private physical(i: number): number {
    return (this.top + i) & 7;
  }
  isEmpty(i: number): boolean {
    return (this.tags & (1 << this.physical(i))) === 0;
  }
  free(i: number): void {
    this.tags &= ~(1 << this.physical(i));
  }
  get(i: number): F80 {
    const at = this.base + S.st + this.physical(i) * 16;
    return { se: this.view.getUint16(at + 8, true), m: this.view.getBigUint64(at, true) };
  }
  set(i: number, value: F80): void {
    const physical = this.physical(i);
    const at = this.base + S.st + physical * 16;
    this.view.setBigUint64(at, value.m, true);
    this.view.setUint16(at + 8, value.se, true);
    this.tags |= 1 << physical;
  }
  /** Offset in memory of a register. */
  place(i: number): number {
    return this.base + S.st + this.physical(i) * 16;
  }
  clearC1(): void {
    this.fsw &= ~Sw.C1;
  }
  /** Pushes a number given in halves; C1 is cleared. */
  pushParts(se: number, high: number, low: number): void {
    this.fsw = ((this.fsw - (1 << TOP_SHIFT)) & TOP_MASK) | (this.fsw & ~(TOP_MASK | Sw.C1));
    const { view } = this;
    const physical = this.physical(0);
    const at = this.base + S.st + physical * 16;
    view.setUint32(at, low >>> 0, true);
    view.setUint32(at + 4, high >>> 0, true);
    view.setUint16(at + 8, se, true);
    this.tags |= 1 << physical;
  }
  rotate(by: 1 | -1): void {
    this.top += by;
  }
  pop(): void {
    this.free(0);
    this.top += 1;
  }
  pops(count: number): void {
    for (let i = 0; i < count; i++) this.pop();
  }

  /** Opens an operation: C1 is cleared. */
  environment(): FpuEnvironment {
    this.fsw &= ~Sw.C1;
    return new FpuEnvironment(this.fcw);
  }
  setConditions(mask: number, bits: number): void {
    this.fsw = (this.fsw & ~mask) | bits;
  }

  /** Stack overflow (C1 set) or underflow. True: invalid operation is masked, the answer is the real indefinite. */
  stackFault(overflow: boolean): boolean {
    const { fcw } = this;
    const c1 = overflow ? Sw.C1 : 0;
    this.fsw = withSummary((this.fsw & ~Sw.C1) | Sw.IE | Sw.SF | c1, fcw);
    return (fcw & Sw.IE) !== 0;
  }

  /** Takes over what an operation raised. False: an unmasked exception leaves the destination as it is. */
  settle(env: FpuEnvironment): boolean {
    const early = env.raised & EARLY & ~env.control;
    const raised = early ? env.raised & EARLY : env.raised;
    const c1 = env.roundedUp && !early ? Sw.C1 : 0;
    this.fsw = withSummary(this.fsw | raised | c1, env.control);
    return early === 0;
  }
  /** The same for a destination in memory: unmasked overflow and underflow leave that as it is, too. */
  settleStore(env: FpuEnvironment): boolean {
    const unmasked = env.raised & (Sw.OE | Sw.UE) & ~env.control;
    return this.settle(env) && unmasked === 0;
  }

  push(value: F80): void {
    this.top -= 1;
    this.set(0, value);
  }
  /** Pushes the result of a load. */
  load(value: F80): void {
    if (!this.isEmpty(-1)) {
      if (this.stackFault(true)) this.push(INDEFINITE);
    } else this.push(value);
  }
}
