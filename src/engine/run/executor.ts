// Runs instructions: in the interpreter as far as it goes, and then what it left at: an exception, a device access, a helper, a stop point.
import { CpuFault, Vector } from '../../x86/fault';
import { ResumeFlag, S, STATE } from '../../x86/layout';
import { Rflags } from '../../x86/system/bits';
import { fromFault } from '../../x86/system/delivery';
import type { AccessPath } from '../access';
import type { CodeCache } from '../code-cache';
import type { EngineReturn } from '../cpu-engine';
import { Micro } from '../handlers';
import { R, RECORD_SIZE } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { BlockRun } from './block-run';
import type { SteppedInsn } from './branch-step';
import type { CodeFinder } from './code-finder';
import type { Deliveries } from './deliveries';
import type { HelperRunner } from './helper-runner';
import type { InPlace } from './in-place';
import { numericError } from './numeric-error';
import type { Observation } from './observation';
import type { PendingFault } from './pending-fault';
import type { RunBudget } from './run-budget';
import type { StackFault } from './stack-fault';
import type { StopPoints } from './stop-points';
import { type Describe, unsupported } from './unsupported';
import type { Vcpu } from './vcpu';

/** What the executor works with. */
export interface ExecutorParts {
  memory: EngineMemory;
  cache: CodeCache;
  access: AccessPath;
  budget: RunBudget;
  fault: PendingFault;
  finder: CodeFinder;
  blocks: BlockRun;
  inPlace: InPlace;
  deliveries: Deliveries;
  helpers: HelperRunner;
  stops: StopPoints;
  stackFault: StackFault;
  observation: Observation;
  describe: Describe | undefined;
}

const DEBUGCTL = (STATE + S.debugCtl) >> 2;

/** Records that TypeScript runs. */
const isSpecial = (op: number): boolean => op >= Micro.stopPoint && op <= Micro.unimplemented;

/** A record behind its instruction's stop point. */
const isBegun = (op: number): boolean => op > Micro.gotoLookedUp && !isSpecial(op);

export class Executor {
  /** RIP of the instruction that runs alone. */
  isolatedRip: bigint | undefined;
  /** RFLAGS.RF was set: an execution breakpoint at the first instruction is not met. */
  resumes = false;

  /** With IA32_DEBUGCTL.BTF: the instruction that was run last. */
  stepped: SteppedInsn | undefined;

  constructor(private readonly parts: ExecutorParts) {}

  /** Runs up to `limit` instructions (and no helper after them). */
  execute(vcpu: Vcpu, limit: number): EngineReturn | undefined {
    const record = this.parts.finder.find(vcpu);
    if (record < 0) return this.parts.deliveries.deliverPending(vcpu);
    this.stepped = undefined;
    if (this.parts.memory.u32[DEBUGCTL] !== 0) {
      const { row, length } = this.parts.stackFault.decode(record);
      this.stepped = { row, length };
    }
    return this.executeAt(vcpu, record, this.parts.finder.alone ? 1 : limit);
  }

  private executeAt(vcpu: Vcpu, record: number, limit: number): EngineReturn | undefined {
    const { blocks, inPlace, memory } = this.parts;
    const op = memory.u16[(record + R.plainOp) >> 1]!;
    if (isSpecial(op)) return this.special(vcpu, record, op, limit);
    return blocks.go(vcpu, record, limit) ? this.leftAt(vcpu, blocks.record, blocks.op, blocks.consumedNs) : inPlace.takeResult();
  }

  /** The interpreter left before a record, or in it with something pending; RIP is the record's instruction. */
  private leftAt(vcpu: Vcpu, at: number, op: number, consumedNs: number): EngineReturn | undefined {
    const { access, blocks, budget, cache, deliveries, fault, stackFault, stops } = this.parts;
    const { refusal } = access;
    access.refusal = 'none';
    if (consumedNs === 0) vcpu.state.setU32('shadow', blocks.shadow);
    if (fault.takeNumericError()) {
      stops.left(vcpu.state);
      return consumedNs > 0 && (budget.leftNs <= 0 || budget.kind === 'one') ? undefined : numericError(vcpu, budget);
    }
    if (fault.isSet) {
      stops.faulted(vcpu.state);
      if (refusal !== 'fault') return deliveries.deliverPending(vcpu);
      return deliveries.deliver(vcpu, stackFault.bySegment(fromFault(fault.take()), at));
    }
    if (refusal !== 'none') {
      stops.left(vcpu.state);
      if (refusal === 'isolate-mmio' && budget.kind === 'stop-at-border') return { kind: 'border' };
      if (consumedNs > 0 && (budget.leftNs <= 0 || budget.kind === 'one')) return undefined;
      return this.isolate(vcpu, at);
    }
    if (isSpecial(op) && consumedNs === 0) return this.special(vcpu, at, op, 1);
    if (isBegun(op)) {
      stops.left(vcpu.state);
      // Behind the stop record: between two iterations. What RF is for (SDM vol 3 ch. 19.3.1.1).
      if (vcpu.breakpoints.atRip() !== 0) vcpu.state.setU64('rflags', vcpu.state.u64('rflags') | Rflags.RF);
    }
    vcpu.remember(at, cache.generation);
    return undefined;
  }

  /** Exactly this instruction, with device accesses and stores into code done in place. */
  private isolate(vcpu: Vcpu, at: number): EngineReturn | undefined {
    const { access } = this.parts;
    access.isolated = true;
    this.isolatedRip = vcpu.state.u64('rip');
    try {
      return this.executeAt(vcpu, at, 1);
    } finally {
      access.isolated = false;
      this.isolatedRip = undefined;
    }
  }

  /** No stop of the debugger: the guest's own execution breakpoint, a fault, or the instruction. */
  private passStop(vcpu: Vcpu, record: number, limit: number): EngineReturn | undefined {
    // Behind MOV SS it is held back too (SDM vol 3 ch. 19.3.1.1).
    const held = this.resumes || vcpu.state.u32('shadow') === 2;
    const dr6 = held ? 0 : vcpu.breakpoints.atRip();
    if (dr6 === 0) {
      this.observe(vcpu, record);
      return this.executeAt(vcpu, record + RECORD_SIZE, limit);
    }
    return this.parts.deliveries.deliver(vcpu, { vector: Vector.DB, kind: 'exception', dr6: BigInt(dr6) });
  }

  private observe(vcpu: Vcpu, record: number): void {
    const { cache, memory, observation } = this.parts;
    const number = memory.i32[(record + R.link) >> 2]!;
    if (number > 0) observation.begins(vcpu, cache.descriptions[number - 1]!.row, memory.i32[(record + R.disp) >> 2]!);
  }

  private special(vcpu: Vcpu, record: number, op: number, limit: number): EngineReturn | undefined {
    const { cache, deliveries, describe, helpers, memory, stops } = this.parts;
    const { state } = vcpu;
    const argument = memory.i32[(record + R.link) >> 2]!;
    switch (op) {
      case Micro.stopPoint:
        return this.stopPoint(vcpu, record, limit);
      case Micro.fault:
        stops.faulted(state);
        state.setU32('shadow', 0);
        return deliveries.deliver(vcpu, fromFault(new CpuFault(argument, argument === Vector.GP ? 0 : undefined)));
      case Micro.unimplemented:
        return unsupported(memory, cache, vcpu, record, describe);
      default:
        return helpers.run(vcpu, cache.descriptions[argument]!);
    }
  }

  private stopPoint(vcpu: Vcpu, record: number, limit: number): EngineReturn | undefined {
    const { budget, cache, stops } = this.parts;
    const { state } = vcpu;
    const flag = state.u32('resumeFlag');
    if (budget.kind === 'one' || flag === ResumeFlag.passes || !stops.covers(state)) {
      stops.met(state);
      return this.passStop(vcpu, record, limit);
    }
    stops.met(state);
    vcpu.remember(record, cache.generation);
    return { kind: 'stop-point', ...stops.placeOf(state), again: flag === ResumeFlag.again };
  }
}
