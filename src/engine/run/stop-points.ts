// The debugger's stop points: blocks get a record before the places where one lies (stop-places.ts), and when that is reached it is looked at whether it is one
// of the page and the tables that led there.
//
// A stop point that was passed is not met again by the instruction it belongs to: not after an exception of that instruction, an interrupt before it or
// between two of its iterations, and the IRET that goes back to it. The processor has RFLAGS.RF for that, in the flags that delivery pushes (SDM vol 3
// ch. 19.3.1.1). Nothing may be left in the guest, so the places are remembered here instead, and an IRET to one of them is known by RIP, RSP and CR3.
import { Gpr, ModeBit, PAGE_SIZE, RAM_BASE, ResumeFlag, Seg } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';
import { peekTranslate } from '../peek';
import type { EngineMemory } from '../vm-memory';
import type { Watchpoints } from '../watchpoints';
import { fetchedPage } from './fetch-page';
import type { StopPlaces } from './stop-places';

interface Place {
  rip: bigint;
  linear: bigint;
  /** -1: not mapped. */
  gpa: number;
}

/** An instruction whose stop point was passed and that is still to complete. Not of a vCPU: a kernel may go on with it on another one. */
interface Interrupted {
  readonly linear: bigint;
  readonly rsp: bigint;
  /** Page tables, without PCID. */
  readonly tables: bigint;
}

/** Handlers need not come back; the oldest are forgotten. */
const MOST_INTERRUPTED = 256;
const TABLES = 0x000f_ffff_ffff_f000n;

export class StopPoints {
  private linear: ReadonlySet<bigint> = new Set();
  private physical: ReadonlySet<number> = new Set();
  private pageOffsets: ReadonlySet<number> = new Set();
  private interrupted: readonly Interrupted[] = [];

  constructor(
    private readonly memory: EngineMemory,
    private readonly watchpoints: Watchpoints,
    private readonly places: StopPlaces,
  ) {}

  set(linear: readonly bigint[], physical: readonly number[]): void {
    this.linear = new Set(linear.map((at) => BigInt.asUintN(64, at)));
    this.physical = new Set(physical);
    this.pageOffsets = new Set([...linear.map((at) => Number(at & 4095n)), ...physical.map((at) => at % 4096)]);
    this.interrupted = this.interrupted.filter((each) => this.pageOffsets.has(Number(each.linear & 4095n)));
    this.places.set(linear, physical);
  }

  /** An instruction is to complete that one of them belongs to. */
  get awaitsReturn(): boolean {
    return this.interrupted.length !== 0;
  }

  /** None is being passed and none awaits an IRET. Nor does any within this run, which ends at the first that it comes to: no exception is at an instruction with one. */
  areAhead(state: VcpuState): boolean {
    return this.interrupted.length === 0 && state.u32('resumeFlag') === ResumeFlag.none;
  }

  placeOf(state: VcpuState): Place {
    const linear = this.linearOf(state);
    return { rip: state.u64('rip'), linear, gpa: this.fetchedGpa(state, linear) ?? peekTranslate(this.memory, state, linear)?.gpa ?? -1 };
  }
  /** Tables may say something else than the page that code is fetched from, until the guest flushes it. */
  private fetchedGpa(state: VcpuState, linear: bigint): number | undefined {
    for (const [lo, hi, offset] of fetchedPage(this.memory, state)) {
      const gfn = (offset - RAM_BASE) / PAGE_SIZE;
      const isThere =
        (BigInt(hi >>> 0) << 32n) + BigInt(lo >>> 0) === (linear & ~4095n) && (this.memory.frame(gfn) & -4096) >>> 0 === offset;
      if (isThere) return gfn * PAGE_SIZE + Number(linear & 4095n);
    }
    return undefined;
  }
  private linearOf(state: VcpuState): bigint {
    const rip = state.u64('rip');
    return state.u32('mode') & ModeBit.code64 ? rip : BigInt.asUintN(32, rip + state.segmentBase(Seg.cs));
  }
  covers(state: VcpuState): boolean {
    if (this.pageOffsets.size === 0 || !this.pageOffsets.has(Number(this.linearOf(state) & 4095n))) return false;
    if (this.linear.has(this.linearOf(state))) return true;
    return this.physical.size !== 0 && this.physical.has(this.placeOf(state).gpa);
  }

  /** The vCPU is about to pass, or to report, one at RIP: what was left here before is not to come back any more. */
  met(state: VcpuState): void {
    if (this.interrupted.length !== 0) this.take(state);
  }
  /** The interpreter left in the middle of the instruction at RIP. */
  left(state: VcpuState): void {
    if (this.pageOffsets.size !== 0 && this.covers(state)) state.setU32('resumeFlag', ResumeFlag.passes);
  }
  /** The instruction at RIP raised an exception, which is about to be delivered. */
  faulted(state: VcpuState): void {
    this.watchpoints.faulted();
    this.left(state);
    this.interruptedAt(state);
  }
  /** An interrupt or an exception is about to be delivered, RIP is where it goes back to. */
  interruptedAt(state: VcpuState): void {
    if (state.u32('resumeFlag') === ResumeFlag.none) return;
    state.setU32('resumeFlag', ResumeFlag.none);
    // Nothing lies here (any more): there is nothing to pass.
    if (!this.covers(state)) return;
    this.met(state);
    this.interrupted = [...this.interrupted.slice(1 - MOST_INTERRUPTED), this.keyOf(state)];
  }
  /** IRET has run. */
  returned(state: VcpuState): void {
    if (this.interrupted.length !== 0 && this.take(state)) state.setU32('resumeFlag', ResumeFlag.again);
  }

  /** Another state of the machine is about to be there. */
  forget(): void {
    this.interrupted = [];
  }

  private keyOf(state: VcpuState): Interrupted {
    return { linear: this.linearOf(state), rsp: state.gpr(Gpr.rsp), tables: state.u64('cr3') & TABLES };
  }
  /** Takes what waits at this place of this stack. True: something did. */
  private take(state: VcpuState): boolean {
    const { linear, rsp, tables } = this.keyOf(state);
    const others = this.interrupted.filter((each) => each.linear !== linear || each.rsp !== rsp || each.tables !== tables);
    const found = others.length !== this.interrupted.length;
    if (found) this.interrupted = others;
    return found;
  }
}
