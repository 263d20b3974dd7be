// Stop points of one host: which apply where, their conditions, counts and log texts. Nothing of it is part of the guest's state.

import type { Watchpoint } from '../engine/cpu-engine';
import { hitRuleHolds } from './control/hit-rule';
import { type ProgramContext, runProgram } from './control/program';
import type { DataAccess, EventClass } from './control/stop-types';
import type { HypercallInfo, LogPart, StopPointSpec } from './control/types';

export interface StopPointHit {
  /** Points that want a stop. */
  ids: number[];
  logs: { id: number; text: string }[];
}

export class StopPoints {
  private points: readonly StopPointSpec[] = [];
  /** Those at instructions, by their address. */
  private readonly linear = new Map<bigint, StopPointSpec[]>();
  private readonly physical = new Map<number, StopPointSpec[]>();
  private kinds: ReadonlySet<string> = new Set();
  private readonly hits = new Map<number, number>();

  get all(): readonly StopPointSpec[] {
    return this.points;
  }

  /** Counts of points that stay are kept. */
  set(points: readonly StopPointSpec[]): void {
    const kept = new Set(points.map((point) => point.id));
    for (const id of this.hits.keys()) if (!kept.has(id)) this.hits.delete(id);
    this.keep(points);
    this.kinds = new Set(points.map(({ where }) => (where.kind === 'event' ? where.class : where.kind)));
  }

  private keep(points: readonly StopPointSpec[]): void {
    this.points = points;
    this.linear.clear();
    this.physical.clear();
    for (const point of points) {
      const { where } = point;
      if (where.kind === 'linear') add(this.linear, BigInt.asUintN(64, where.address), point);
      else if (where.kind === 'physical') add(this.physical, where.address, point);
    }
  }

  /** How often each has been met: they belong to a moment of the run. */
  get counts(): readonly (readonly [number, number])[] {
    return [...this.hits];
  }
  set counts(counts: readonly (readonly [number, number])[]) {
    this.hits.clear();
    for (const [id, count] of counts) this.hits.set(id, count);
  }

  /** Any stop ends the life of temporary points. True if there were some. */
  dropTemporary(): boolean {
    const before = this.points.length;
    this.keep(this.points.filter((point) => !point.temporary));
    return this.points.length !== before;
  }

  addresses(vm: number): { linear: bigint[]; physical: number[] } {
    const linear = new Set<bigint>();
    const physical = new Set<number>();
    for (const { where, vm: of } of this.points) {
      if (of !== vm) continue;
      if (where.kind === 'linear') linear.add(BigInt.asUintN(64, where.address));
      if (where.kind === 'physical') physical.add(where.address);
    }
    return { linear: [...linear], physical: [...physical] };
  }

  watchpoints(vm: number): Watchpoint[] {
    return this.points.flatMap(({ id, where, vm: of }) => {
      if (where.kind !== 'data' || of !== vm) return [];
      const { space, address, length, access } = where;
      const reads = access === 'read' || access === 'access';
      return [{ id, space, address: BigInt.asUintN(64, address), length, reads, writes: access !== 'read' }];
    });
  }

  watches(what: EventClass | 'hypercall' | 'data'): boolean {
    return this.kinds.has(what);
  }

  /** `again`: the instruction was interrupted after its points had been met, and goes on now. */
  atInstruction(vm: number, vcpu: number, at: { linear: bigint; gpa: number; again: boolean }, context: ProgramContext): StopPointHit {
    const linear = this.linear.get(at.linear) ?? [];
    const physical = this.physical.get(at.gpa) ?? [];
    const points = physical.length === 0 ? linear : this.points.filter((point) => linear.includes(point) || physical.includes(point));
    return this.evaluate(vm, vcpu, context, ({ again }) => !at.again || again === true, points);
  }

  atHypercall(vm: number, vcpu: number, call: HypercallInfo, context: ProgramContext): StopPointHit {
    return this.evaluate(vm, vcpu, context, ({ where }) => {
      if (where.kind !== 'hypercall') return false;
      return (where.interface === undefined || where.interface === call.interface) && (where.nr === undefined || where.nr === call.nr);
    });
  }

  atEvent(vm: number, vcpu: number, kind: EventClass, context: ProgramContext): StopPointHit {
    return this.evaluate(vm, vcpu, context, ({ where }) => where.kind === 'event' && where.class === kind);
  }

  /** The point of this id; `changed`: another value is there now. */
  atData(vm: number, vcpu: number, id: number, changed: boolean, context: ProgramContext): StopPointHit {
    return this.evaluate(
      vm,
      vcpu,
      context,
      ({ id: of, where }) => of === id && where.kind === 'data' && (changed || where.access !== CHANGE),
    );
  }

  private evaluate(
    vm: number,
    vcpu: number,
    context: ProgramContext,
    applies: (point: StopPointSpec) => boolean,
    points = this.points,
  ): StopPointHit {
    const hit: StopPointHit = { ids: [], logs: [] };
    for (const point of points) {
      if (point.vm !== vm || (point.vcpu !== undefined && point.vcpu !== vcpu) || !applies(point)) continue;
      if (point.condition !== undefined && (runProgram(point.condition, context) ?? 0n) === 0n) continue;
      const counter = point.countsWith ?? point.id;
      const count = (this.hits.get(counter) ?? 0) + 1;
      this.hits.set(counter, count);
      if (count <= (point.ignoreCount ?? 0) || (point.hits !== undefined && !hitRuleHolds(point.hits, count))) continue;
      if (point.log !== undefined) hit.logs.push({ id: point.id, text: point.log.map((part) => logText(part, context)).join('') });
      else hit.ids.push(point.id);
    }
    return hit;
  }
}

function add<Address>(points: Map<Address, StopPointSpec[]>, address: Address, point: StopPointSpec): void {
  const there = points.get(address);
  if (there) there.push(point);
  else points.set(address, [point]);
}

const CHANGE: DataAccess = 'change';
const STRING_LIMIT = 256;

function logText(part: LogPart, context: ProgramContext): string {
  if (part.program === undefined) return part.text ?? '';
  const value = runProgram(part.program, context);
  if (value === undefined) return `${part.text ?? ''}<unreadable>`;
  return (part.text ?? '') + formatted(part.format ?? 'x', value, context);
}

function formatted(format: 'd' | 'u' | 'x' | 's', value: bigint, context: ProgramContext): string {
  switch (format) {
    case 'd':
      return BigInt.asIntN(64, value).toString();
    case 'u':
      return value.toString();
    case 'x':
      return `0x${value.toString(16)}`;
    case 's': {
      const bytes: number[] = [];
      for (let i = 0n; i < STRING_LIMIT; i++) {
        const byte = context.load('virtual', BigInt.asUintN(64, value + i), 1);
        if (byte === undefined || byte === 0n) break;
        bytes.push(Number(byte));
      }
      return new TextDecoder().decode(new Uint8Array(bytes));
    }
  }
}
