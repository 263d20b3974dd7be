// Who is told of every instruction of certain rows, for counts by place. While there is one, those instructions are not run in a handler of their own but where
// TypeScript sees them first: by their helper, or behind a record that leaves the interpreter. Neither changes the run.
import type { InsnRow } from '../../x86/insn/row';
import type { InstructionObserver } from '../cpu-engine';
import type { Vcpu } from './vcpu';

export class Observation {
  private observer: InstructionObserver | undefined;
  /** The last one told of, by vCPU: an instruction that is begun again with nothing retired since is the same. */
  private last: { vcpu: Vcpu; retired: bigint; rip: bigint } | undefined;

  get on(): boolean {
    return this.observer !== undefined;
  }

  set(observer: InstructionObserver | undefined): void {
    this.observer = observer;
    this.last = undefined;
  }

  wants(row: InsnRow): boolean {
    return this.observer?.wants(row) === true;
  }

  /** State is exact and RIP at the instruction. */
  begins(vcpu: Vcpu, row: InsnRow, reg: number): void {
    if (this.observer?.wants(row) !== true) return;
    const { state, index } = vcpu;
    const retired = state.u64('retired');
    const rip = state.u64('rip');
    const { last } = this;
    if (last !== undefined && last.vcpu === vcpu && last.retired === retired && last.rip === rip) return;
    this.last = { vcpu, retired, rip };
    this.observer.before(index, row, reg);
  }
}
