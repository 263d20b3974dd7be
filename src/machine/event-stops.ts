// Stops for what happens to a vCPU rather than at an instruction: memory touched, exceptions and interrupts, VM exits, MSR and port accesses.
import type { WatchHit } from '../engine/cpu-engine';
import type { ExitReasonName } from '../trace/exits.rows';
import { EXIT_REASON_ROWS, ExitReason } from '../trace/rows';
import type { CpuEventKind } from '../x86/cpu';
import { Vector } from '../x86/fault';
import type { Delivery } from '../x86/system/delivery';
import type { VcpuState } from '../x86/vcpu-state';
import { borderEvent } from './border-event';
import { type DataTouch, type EventClass, type StopEvent, touchFields } from './control/stop-types';
import type { StopReason } from './control/types';
import type { EventWatch } from './event-watch';
import { faultName } from './fault-text';
import { EventLog, type Noted } from './history/event-log';
import type { Host } from './host';
import { programContext } from './program-context';
import type { StopPointHit } from './stop-points';
import type { Vcpu } from './vm/vcpu';
import type { Vm } from './vm/vm';

interface Wanted {
  readonly vcpu: Vcpu;
  readonly reason: StopReason;
}

/** INT n comes as this second number of a 'sensitive' event. */
const INT_N = 0xcd;

/** Names of interrupts in the log. */
export const InterruptName = { IRQ: 0, NMI: 1, INT: 2 } as const;

/** Other bits than those that change nothing of how pages are found: of CR0 PE and PG, of CR4 PSE, PAE, LA57 (SDM vol 3, 2.5). */
const PAGING_BITS: Readonly<Record<number, readonly ['cr0' | 'cr4', bigint]>> = {
  0: ['cr0', (1n << 31n) | 1n],
  4: ['cr4', (1n << 4n) | (1n << 5n) | (1n << 12n)],
};
function changesPaging(state: VcpuState, register: number, value: bigint): boolean {
  const bits = PAGING_BITS[register];
  return bits !== undefined && ((state.u64(bits[0]) ^ value) & bits[1]) !== 0n;
}

export class EventStops implements EventWatch {
  /** What happens, for going back. */
  readonly log = new EventLog();
  private wanted: Wanted | undefined;
  /** This delivery was looked at before it began. */
  private seen: { vcpu: Vcpu; vector: number } | undefined;

  constructor(
    private readonly host: Host,
    private readonly report: (vm: Vm, vcpu: Vcpu, hit: StopPointHit) => void,
  ) {}

  /** What is to stop the run now. */
  take(lastVcpu: Vcpu): Wanted | undefined {
    if (this.host.stopPoints.watches('data')) this.lookAtHits(lastVcpu);
    const { wanted } = this;
    this.wanted = undefined;
    return wanted;
  }

  /** What the user did while all stood is nobody's hit. */
  forget(): void {
    this.wanted = undefined;
    for (const vm of this.host.vms) vm.engine.takeWatchHits();
  }

  private want(vcpu: Vcpu, reason: StopReason): void {
    this.wanted ??= { vcpu, reason };
    vcpu.requestLeave();
  }

  /** The points that this meets; logs are told. */
  private met(vcpu: Vcpu, event: StopEvent): number[] {
    const vm = this.host.vmOf(vcpu);
    const hit = this.host.stopPoints.atEvent(vm.index, vcpu.index, event.class, programContext(vm, vcpu, undefined, event));
    this.report(vm, vcpu, hit);
    return hit.ids;
  }

  private stopFor(vcpu: Vcpu, event: StopEvent): boolean {
    const ids = this.met(vcpu, event);
    if (ids.length > 0) this.want(vcpu, { kind: 'event', ids, event });
    return ids.length > 0;
  }

  private watches(kind: EventClass): boolean {
    return this.host.stopPoints.watches(kind);
  }

  // --- exceptions and interrupts ---

  beforeDelivery(vcpu: Vcpu, { kind, vector, errorCode, address }: Delivery): boolean {
    const of = kind === 'exception' ? 'fault' : 'interrupt';
    this.note(vcpu, of, kind === 'exception' ? vector : kind === 'nmi' ? InterruptName.NMI : InterruptName.IRQ, vector);
    if (!this.watches(of)) return false;
    this.seen = { vcpu, vector };
    const fault = { code: BigInt(errorCode ?? 0), ...(address !== undefined && { address }) };
    const name = kind === 'exception' ? faultName(vector) : kind === 'nmi' ? 'NMI' : 'IRQ';
    return this.stopFor(vcpu, this.delivery(vcpu, of, name, vector, of === 'fault' ? fault : {}, true));
  }

  /** Deliveries that nothing announced: INT n, and faults of deliveries. They stop at their handler. */
  happened(vcpu: Vcpu, kind: CpuEventKind, a: bigint | number, b: bigint | number): void {
    if (kind === 'cr-write' || kind === 'lmsw' || kind === 'task-switch') this.notePaging(vcpu, kind, Number(a), BigInt(b));
    const software = kind === 'sensitive' && b === INT_N;
    if (kind !== 'exception' && !software && kind !== 'interrupt' && kind !== 'nmi') return;
    const { seen } = this;
    this.seen = undefined;
    const vector = Number(a);
    if (kind === 'exception') this.note(vcpu, 'fault', vector, vector);
    else this.note(vcpu, 'interrupt', software ? InterruptName.INT : kind === 'nmi' ? InterruptName.NMI : InterruptName.IRQ, vector);
    if (seen?.vcpu === vcpu && seen.vector === vector) return;
    if (software && this.watches('interrupt')) this.stopFor(vcpu, this.delivery(vcpu, 'interrupt', 'INT', vector, {}, false));
    if (kind !== 'exception' || !this.watches('fault')) return;
    const address = vector === Vector.PF ? { address: vcpu.state.u64('cr2') } : {};
    this.stopFor(vcpu, this.delivery(vcpu, 'fault', faultName(vector), vector, { code: BigInt(b), ...address }, false));
  }

  private delivery(
    vcpu: Vcpu,
    kind: 'fault' | 'interrupt',
    name: string,
    vector: number,
    fields: Record<string, bigint>,
    before: boolean,
  ): StopEvent {
    const cpl = BigInt(vcpu.state.u32('cpl'));
    return { class: kind, name, fields: { vector: BigInt(vector), ...fields, cpl }, rip: vcpu.rip(), before };
  }

  // --- what going back wants to know ---

  private note(vcpu: Vcpu, noted: Noted, name: number, value: number | bigint): void {
    this.log.note(this.host.vmOf(vcpu).index, noted, name, value);
  }
  accesses(vcpu: Vcpu, what: 'msr' | 'port', number: number): void {
    this.note(vcpu, what, 0, number);
  }
  calls(vcpu: Vcpu, nr: number | bigint): void {
    this.note(vcpu, 'hypercall', 0, nr);
  }
  private notePaging(vcpu: Vcpu, kind: CpuEventKind, register: number, value: bigint): void {
    if (kind === 'cr-write' && register === 3) this.note(vcpu, 'cr3', 0, BigInt.asUintN(63, value));
    else if (kind !== 'cr-write' || changesPaging(vcpu.state, register, value)) this.note(vcpu, 'paging', 0, 0);
  }

  // --- exits ---

  get watchesFaults(): boolean {
    return this.watches('fault');
  }
  get watchesInterrupts(): boolean {
    return this.watches('interrupt');
  }
  get watchesExits(): boolean {
    return this.watches('exit');
  }
  get notesPaging(): boolean {
    return this.log.isOn;
  }

  passed(vcpu: Vcpu, reason: ExitReasonName): void {
    this.log.noteAny(this.host.vmOf(vcpu).index, 'exit', ExitReason[reason]);
  }
  exited(vcpu: Vcpu, reason: ExitReasonName, a0: number | bigint, a1: number | bigint, a2: number | bigint, result: number | bigint): void {
    this.note(vcpu, 'exit', ExitReason[reason], a0);
    if (!this.watches('exit')) return;
    const given = [BigInt(a0), BigInt(a1), BigInt(a2)];
    const fields: Record<string, bigint> = { result: BigInt(result), cpl: BigInt(vcpu.state.u32('cpl')) };
    const row = EXIT_REASON_ROWS.find(({ name }) => name === reason);
    for (const [i, value] of given.entries()) {
      fields[`a${i}`] = value;
      const { name } = row?.args[i] ?? {};
      if (name !== undefined) fields[name] = value;
    }
    this.stopFor(vcpu, { class: 'exit', name: reason, fields, rip: vcpu.rip(), before: false });
  }

  /** An instruction at the border to the host is about to run. */
  atBorder(vm: Vm, vcpu: Vcpu): StopReason | undefined {
    if (!this.watches('msr') && !this.watches('port')) return undefined;
    const event = borderEvent(vm, vcpu);
    if (event === undefined || !this.watches(event.class)) return undefined;
    const ids = this.met(vcpu, event);
    return ids.length === 0 ? undefined : { kind: 'event', ids, event };
  }

  // --- memory ---

  private lookAtHits(lastVcpu: Vcpu): void {
    for (const vm of this.host.vms) {
      const hits = vm.engine.takeWatchHits();
      if (hits.length === 0) continue;
      const by = hits.find(({ vcpu }) => vcpu !== undefined)?.vcpu;
      const vcpu = by === undefined ? lastVcpu : vm.vcpus[by]!;
      const touches = hits.map((hit) => touchOf(vm, hit));
      const wanted: DataTouch[] = [];
      for (const touch of touches) {
        const context = programContext(vm, vcpu, undefined, { name: '', fields: touchFields(touch) });
        const hit = this.host.stopPoints.atData(vm.index, vcpu.index, touch.id, touch.write && isChanged(touch), context);
        this.report(vm, vcpu, hit);
        if (hit.ids.length > 0) wanted.push(touch);
      }
      if (wanted.length > 0) this.want(vcpu, { kind: 'data', ids: [...new Set(wanted.map(({ id }) => id))], touches: wanted });
    }
  }
}

function touchOf(vm: Vm, { id, write, vcpu, rip, address, before }: WatchHit): DataTouch {
  const after = before.map(({ gpa, bytes }) => vm.engine.memory.read(gpa, bytes.length) ?? new Uint8Array(0));
  const isRam = before.length > 0;
  return {
    ...{ id, write, rip, address, byHost: vcpu === undefined },
    before: isRam ? joined(before.map(({ bytes }) => bytes)) : null,
    after: isRam ? joined(after) : null,
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What is no RAM cannot be compared. */
function isChanged({ before, after }: DataTouch): boolean {
  if (before === null || after === null) return true;
  return before.some((byte, i) => byte !== after[i]);
}
