// Runs instructions: in the interpreter as far as it goes, and then what it left at: an exception, a device access, a helper, a stop point.
import { CpuFault, Vector } from '../../x86/fault';
import { ResumeFlag } from '../../x86/layout';
import { fromFault } from '../../x86/system/delivery';
import type { AccessPath } from '../access';
import type { CodeCache } from '../code-cache';
import type { EngineReturn } from '../cpu-engine';
import { Micro } from '../handlers';
import { R, RECORD_SIZE } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { BlockRun } from './block-run';
import type { CodeFinder } from './code-finder';
import type { Deliveries } from './deliveries';
import type { HelperRunner } from './helper-runner';
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
  deliveries: Deliveries;
  helpers: HelperRunner;
  stops: StopPoints;
  stackFault: StackFault;
  describe: Describe | undefined;
}

/** Records that TypeScript runs. */
const isSpecial = (op: number): boolean => op >= Micro.stopPoint && op <= Micro.unimplemented;

/** A record behind its instruction's stop point. */
const isBegun = (op: number): boolean => op > Micro.gotoLookedUp && !isSpecial(op);

export class Executor {
  constructor(private readonly parts: ExecutorParts) {}

  /** Runs up to `limit` instructions (and no helper after them). */
  execute(vcpu: Vcpu, limit: number): EngineReturn | undefined {
    const record = this.parts.finder.find(vcpu);
    return record < 0 ? this.parts.deliveries.deliverPending(vcpu) : this.executeAt(vcpu, record, limit);
  }

  private executeAt(vcpu: Vcpu, record: number, limit: number): EngineReturn | undefined {
    const { blocks, memory } = this.parts;
    const op = memory.u16[(record + R.plainOp) >> 1]!;
    if (isSpecial(op)) return this.special(vcpu, record, op, limit);
    return blocks.go(vcpu, record, limit) ? this.leftAt(vcpu, blocks.record, blocks.op, blocks.consumedNs) : undefined;
  }

  /** The interpreter left before a record, or in it with something pending; RIP is the record's instruction. */
  private leftAt(vcpu: Vcpu, at: number, op: number, consumedNs: number): EngineReturn | undefined {
    const { access, budget, cache, deliveries, fault, stackFault, stops } = this.parts;
    const { refusal } = access;
    access.refusal = 'none';
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
    if (isBegun(op)) stops.left(vcpu.state);
    vcpu.remember(at, cache.generation);
    return undefined;
  }

  /** Exactly this instruction, with device accesses and stores into code done in place. */
  private isolate(vcpu: Vcpu, at: number): EngineReturn | undefined {
    const { access } = this.parts;
    access.isolated = true;
    try {
      return this.executeAt(vcpu, at, 1);
    } finally {
      access.isolated = false;
    }
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
      return this.executeAt(vcpu, record + RECORD_SIZE, limit);
    }
    stops.met(state);
    vcpu.remember(record, cache.generation);
    return { kind: 'stop-point', ...stops.placeOf(state), again: flag === ResumeFlag.again };
  }
}
