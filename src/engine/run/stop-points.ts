// The debugger's stop points: blocks get a record before the places where one may lie, and the exact place is looked at when that is reached.
import { ModeBit, Seg } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';
import { peekTranslate } from '../peek';
import type { EngineMemory } from '../vm-memory';

interface Place {
  rip: bigint;
  linear: bigint;
  /** -1: not mapped. */
  gpa: number;
}

export class StopPoints {
  private linear: ReadonlySet<bigint> = new Set();
  private physical: ReadonlySet<number> = new Set();
  private pageOffsets: ReadonlySet<number> = new Set();

  constructor(private readonly memory: EngineMemory) {}

  set(linear: readonly bigint[], physical: readonly number[]): void {
    this.linear = new Set(linear.map((at) => BigInt.asUintN(64, at)));
    this.physical = new Set(physical);
    this.pageOffsets = new Set([...linear.map((at) => Number(at & 4095n)), ...physical.map((at) => at % 4096)]);
  }
  /** May one lie at this place, wherever its page is mapped? */
  mayLieAt(physical: number): boolean {
    return this.pageOffsets.has(physical & 4095);
  }

  placeOf(state: VcpuState): Place {
    const rip = state.u64('rip');
    const linear = state.u32('mode') & ModeBit.code64 ? rip : BigInt.asUintN(32, rip + state.segmentBase(Seg.cs));
    return { rip, linear, gpa: peekTranslate(this.memory, state, linear)?.gpa ?? -1 };
  }
  covers(state: VcpuState): boolean {
    const { linear, gpa } = this.placeOf(state);
    return this.linear.has(linear) || this.physical.has(gpa);
  }
}
