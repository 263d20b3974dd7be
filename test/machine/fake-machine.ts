// A scripted vCPU and a loop owner without a VM: for tests of scheduling and time alone.
import type { EngineReturn } from '../../src/engine/cpu-engine';
import type { NeighbourConfig } from '../../src/machine/control/types';
import type { Entity, EntityConfig } from '../../src/machine/sched/entity';
import { Neighbour } from '../../src/machine/sched/neighbour';
import type { PolicyName } from '../../src/machine/sched/policies.rows';
import { type LoopOwner, type LoopResult, RunLoop } from '../../src/machine/sched/run-loop';
import type { Runner } from '../../src/machine/sched/runner';
import { Scheduler } from '../../src/machine/sched/scheduler';
import { EventQueue } from '../../src/machine/time/event-queue';
import { HostInstant, VirtualTime } from '../../src/machine/time/virtual-time';

/** One instruction of a script: so many ns of computing, a border instruction, or HLT. At the end the script starts again. */
export type Op = { compute: number } | { border: (fake: FakeVcpu) => void; costNs?: number } | { halt: true };

export class FakeVcpu implements Runner {
  at = 0;
  inOp = 0;
  retiredCount = 0;
  pendingWake = false;
  private consumed = 0;
  private leave = false;

  constructor(
    readonly index: number,
    private readonly ops: readonly Op[],
  ) {}

  private go(budgetNs: number, mode: 'run' | 'through' | 'one'): EngineReturn {
    this.consumed = 0;
    this.leave = false;
    while (this.consumed < budgetNs) {
      const op = this.ops[this.at]!;
      if ('compute' in op) {
        const ns = mode === 'one' ? 1 : Math.min(op.compute - this.inOp, budgetNs - this.consumed);
        this.consumed += ns;
        this.inOp += ns;
        this.retiredCount += ns;
        if (this.inOp >= op.compute) this.next();
      } else if ('border' in op) {
        if (mode === 'run') return { kind: 'border' };
        this.consumed += op.costNs ?? 0;
        op.border(this);
        this.consumed += 1;
        this.retiredCount++;
        this.next();
      } else {
        this.consumed += 1;
        this.retiredCount++;
        this.next();
        if (!this.pendingWake) return { kind: 'halted' };
        this.pendingWake = false;
      }
      if (this.leave) return { kind: 'left' };
      if (mode === 'one') break;
    }
    return { kind: 'budget' };
  }

  private next(): void {
    this.at = (this.at + 1) % this.ops.length;
    this.inOp = 0;
  }

  run(budgetNs: number): EngineReturn {
    return this.go(budgetNs, 'run');
  }
  runThrough(_budgetNs: number, wantedNs: number): EngineReturn {
    return this.go(wantedNs, 'through');
  }
  runBorder(): EngineReturn {
    return this.go(1, 'one');
  }
  servedNs(): number {
    return 0;
  }
  trips(): number {
    return 0;
  }
  consumedNs(): number {
    return this.consumed;
  }
  requestLeave(): void {
    this.leave = true;
  }
  retired(): number {
    return this.retiredCount;
  }
}

export class FakeMachine implements LoopOwner {
  readonly events = new EventQueue();
  private readonly instant = new HostInstant();
  readonly time = new VirtualTime(this.instant);
  readonly scheduler: Scheduler;
  readonly loop: RunLoop;
  readonly vcpus: FakeVcpu[] = [];
  readonly entities: Entity[] = [];
  readonly neighbours: Neighbour[] = [];
  stopping = false;
  watchesBorders = false;
  mayWake = true;
  haltNs = 0;

  constructor(pcpus: number, options: { policy?: PolicyName; seed?: number } = {}) {
    this.scheduler = new Scheduler(pcpus, this.events, options);
    this.loop = new RunLoop(this.scheduler, this.events, this.instant, this);
  }

  addVcpu(ops: readonly Op[], config: Partial<EntityConfig> = {}): FakeVcpu {
    const index = this.vcpus.length;
    const vcpu = new FakeVcpu(index, ops);
    const entity = this.scheduler.create({
      name: `vcpu${index}`,
      weight: 1024,
      absolute: false,
      home: index % this.scheduler.pcpus.length,
      ...config,
    });
    entity.runner = vcpu;
    this.vcpus.push(vcpu);
    this.entities.push(entity);
    this.scheduler.wake(entity, 0);
    return vcpu;
  }

  addNeighbour(config: Partial<NeighbourConfig> & { duty: number }): void {
    const full = { absolute: false, periodNs: 10_000_000, pcpu: 0, weight: 1024, ...config };
    const neighbour = new Neighbour(this.neighbours.length, full, this.scheduler, this.events);
    this.neighbours.push(neighbour);
    neighbour.start();
  }

  wake(index: number): void {
    const entity = this.entities[index]!;
    if (entity.account.state === 'blocked') this.scheduler.wake(entity, this.time.nowNs());
    else this.vcpus[index]!.pendingWake = true;
  }

  /** Until every clock has reached `untilNs`, in steps of `budget()`. */
  runUntil(untilNs: number, budget: () => number = () => 1_000_000): LoopResult {
    const end = this.events.create(`end${untilNs}.${this.events.nextSequence}`, 2, () => {
      this.stopping = true;
    });
    end.arm(untilNs);
    let result: LoopResult;
    do result = this.loop.advance(budget(), Number.POSITIVE_INFINITY);
    while (result.kind === 'again');
    this.stopping = false;
    end.cancel();
    return result;
  }

  allowance(): number {
    return Number.POSITIVE_INFINITY;
  }
  untilLookNs(): number {
    return Number.POSITIVE_INFINITY;
  }
  beforeBorder(): boolean {
    return true;
  }
  ran(): void {}
  haltCostNs(): number {
    return this.haltNs;
  }
  halt(entity: Entity): boolean {
    const vcpu = this.vcpus[this.entities.indexOf(entity)]!;
    const sleeps = !vcpu.pendingWake;
    vcpu.pendingWake = false;
    return sleeps;
  }
  returned(): void {}
  idling(): void {}
}
