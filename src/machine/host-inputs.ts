// Inputs from outside the guest: stamped, logged, and given to the guest at their time. A replay knows them from the start and is the same run.
import type { SavedValue, Stateful } from '../base/saved';
import type { Timer } from '../devices/ports';
import { INPUT_KINDS, TraceKind } from '../trace/rows';
import type { HeldClock, MachineAction, SchedulingChange } from './control/types';
import type { Host } from './host';
import type { EditStamp, LoggedInput } from './input-log';
import { physical, writeBytes } from './memory-access';
import { applyChange } from './scheduling';
import { setRegister } from './set-register';
import { EventClass } from './time/event-queue';
import type { Vcpu } from './vm/vcpu';
import type { Vm } from './vm/vm';

/** Inputs at a virtual time: what is typed, the power button, what changes for the scheduler. */
type TimedInput = Extract<LoggedInput, { kind: 'console' | 'keyboard' | 'power' | 'machine' | 'schedule' }>;
type Edit = Exclude<LoggedInput, TimedInput>;
const isTimed = (input: LoggedInput): input is TimedInput => !('at' in input);

export class HostInputs implements Stateful {
  /** Everything this run has been told of, for --record and for going back in the run. */
  private given: LoggedInput[] = [];
  /** Where this run was gone back in and went on otherwise. */
  readonly forkedAtNs: number[] = [];
  private pending: TimedInput[] = [];
  private edits: Edit[] = [];
  /** So many of each sort this run has been told of: a replay that goes on from a saved state leaves them out of its log. */
  private known = { timed: 0, edits: 0 };
  private readonly timer: Timer;

  constructor(private readonly host: Host) {
    this.timer = host.events.create('host.inputs', EventClass.input, () => this.deliver());
  }

  /** Behind everything that has happened; later if `notBeforeNs` says so (typed while the guest was idle). */
  console(vm: number, bytes: Uint8Array, notBeforeNs = 0): void {
    if (bytes.length > 0) this.give('console', vm, bytes, notBeforeNs);
  }

  /** Scan codes of set 2, as the keyboard sends them. */
  keyboard(vm: number, bytes: Uint8Array, notBeforeNs = 0): void {
    if (bytes.length > 0) this.give('keyboard', vm, bytes, notBeforeNs);
  }

  powerButton(vm: number, notBeforeNs = 0): void {
    this.give('power', vm, new Uint8Array(0), notBeforeNs);
  }

  schedule(change: SchedulingChange, notBeforeNs = 0): void {
    const input = { vm: change.vm ?? -1, atNs: this.nextNs(notBeforeNs), bytes: new Uint8Array(0) };
    this.add({ kind: 'schedule', ...input, change: { ...change } });
  }

  machine(vm: number, action: MachineAction, notBeforeNs = 0): void {
    this.add({ kind: 'machine', vm, action, atNs: this.nextNs(notBeforeNs), bytes: new Uint8Array(0) });
  }

  private nextNs(notBeforeNs: number): number {
    return Math.max(this.host.loop.reachedNs + 1, notBeforeNs, this.pending.at(-1)?.atNs ?? 0);
  }

  private give(kind: 'console' | 'keyboard' | 'power', vm: number, bytes: Uint8Array, notBeforeNs: number): void {
    this.add({ kind, vm, atNs: this.nextNs(notBeforeNs), bytes: bytes.slice() });
  }

  private add(input: TimedInput): void {
    this.given.push(input);
    this.enqueue(input);
  }

  get log(): readonly LoggedInput[] {
    return this.given;
  }

  /** Edits made so far: they belong to a moment. */
  get editsMade(): number {
    return this.known.edits - this.edits.length;
  }

  private enqueue(input: TimedInput): void {
    this.known.timed++;
    this.pending.push(input);
    if (this.timer.deadlineNs === undefined) this.timer.arm(input.atNs);
  }

  private deliver(): void {
    const input = this.pending.shift();
    if (input === undefined) return;
    const next = this.pending[0];
    if (next !== undefined) this.timer.arm(next.atNs);
    this.trace(input.kind === 'machine' ? 'power' : input.kind, input.bytes.length, input.vm);
    const vm = this.host.vms[input.vm];
    if (input.kind === 'console') vm?.input.type(input.bytes);
    else if (input.kind === 'keyboard') vm?.input.keyboard.push(input.bytes);
    else if (input.kind === 'machine' && vm !== undefined) this.host.command(vm, input.action);
    else if (input.kind === 'schedule') applyChange(this.host, input.change, input.atNs);
    else vm?.input.pressPowerButton();
  }

  get allDelivered(): boolean {
    return this.pending.length === 0 && this.edits.length === 0 && this.host.vms.every((vm) => vm.input.isRead);
  }

  private stamp(): EditStamp {
    const { loop, scheduler } = this.host;
    loop.settle();
    const next = loop.next;
    if (next === undefined) return { vm: 0, vcpu: -1, retired: 0, atNs: loop.reachedNs };
    const { vm, vcpu, retired } = this.host.positionOf(this.host.ofEntity(next));
    return { vm, vcpu, retired, atNs: scheduler.pcpus[next.pcpu]!.clockNs, ...(loop.isAtBorder && { border: true }) };
  }

  register(vm: number, vcpu: number, name: string, value: bigint): void {
    this.edit({ kind: 'register', at: this.stamp(), vm, vcpu, name, value });
  }

  memory(vm: number, gpa: number, bytes: Uint8Array): void {
    this.edit({ kind: 'memory', at: this.stamp(), vm, gpa, bytes: bytes.slice() });
  }

  /** These vCPUs of a VM, and no others, are kept from running. */
  hold(vm: number, vcpus: readonly number[]): void {
    this.edit({ kind: 'hold', at: this.stamp(), vm, vcpus: [...vcpus] });
    this.host.loop.settle();
  }

  /** All of a VM, or it goes on. */
  holdVm(vm: number, held: boolean, clock: HeldClock): void {
    this.edit({ kind: 'hold-vm', at: this.stamp(), vm, held, clock });
    this.host.loop.settle();
  }

  offline(vm: number, vcpu: number): void {
    this.edit({ kind: 'offline', at: this.stamp(), vm, vcpu });
    this.host.loop.settle();
  }

  private edit(edit: Edit): void {
    this.apply(edit);
    this.known.edits++;
    this.given.push(edit);
  }

  private apply(edit: Edit): void {
    const vm = this.host.vms[edit.vm]!;
    switch (edit.kind) {
      case 'register':
        setRegister(vm, this.host.vcpu(edit.vm, edit.vcpu), edit.name, edit.value);
        break;
      case 'memory':
        writeBytes(vm.engine, BigInt(edit.gpa), edit.bytes, physical);
        break;
      case 'hold':
        this.holdNow(vm, edit);
        break;
      case 'hold-vm':
        if (edit.held) vm.held.hold(edit.clock, edit.at.atNs);
        else vm.held.letGo(edit.at.atNs);
        break;
      case 'offline':
        this.host.scheduler.holds.hold(this.host.vcpu(edit.vm, edit.vcpu).entity, 'gone', edit.at.atNs);
    }
    const kind = edit.kind === 'register' || edit.kind === 'memory' ? edit.kind : 'schedule';
    this.trace(kind, edit.kind === 'memory' ? edit.bytes.length : 8, edit.vm);
  }

  private holdNow(vm: Vm, { vcpus, at }: Extract<Edit, { kind: 'hold' }>): void {
    const { scheduler } = this.host;
    for (const { index, entity } of vm.vcpus) {
      const wanted = vcpus.includes(index);
      if (wanted && entity.hold === 'none') scheduler.holds.hold(entity, 'held', at.atNs);
      else if (!wanted) scheduler.holds.release(entity, at.atNs);
    }
  }

  /** Before the first resume: gives the inputs of this run at their times; behind a restored state those that it does not have yet. */
  replay(inputs: readonly LoggedInput[]): void {
    this.given.push(...this.expect(inputs));
  }

  /** Those of the inputs that this run has not been told of are to come. */
  private expect(inputs: readonly LoggedInput[]): LoggedInput[] {
    const has = { ...this.known };
    const fresh: LoggedInput[] = [];
    for (const input of inputs) {
      if (isTimed(input)) {
        if (has.timed-- > 0) continue;
        this.enqueue(input);
      } else {
        if (has.edits-- > 0) continue;
        this.known.edits++;
        this.edits.push(input);
      }
      fresh.push(input);
    }
    return fresh;
  }

  /** Back at an earlier moment of this run: what was given since is still to come. */
  rewind(saved: SavedValue): void {
    this.restore(saved);
    this.expect(this.given);
  }

  /** What is still to come of this run's inputs will not come: something else happens from here on. */
  forget(): void {
    this.forkedAtNs.push(this.host.loop.reachedNs);
    const ahead = this.pending.filter(({ atNs }) => atNs > this.host.loop.reachedNs).length;
    this.pending.length -= ahead;
    this.known.timed -= ahead;
    this.known.edits -= this.edits.length;
    this.edits = [];
    const left = { ...this.known };
    this.given = this.given.filter((input) => (isTimed(input) ? left.timed-- > 0 : left.edits-- > 0));
    this.timer.cancel();
    if (this.pending.length > 0) this.timer.arm(this.pending[0]!.atNs);
  }

  /** What this vCPU, about to run, may run until the next edit of a replay; 0: `makeNext`. */
  allowance(vcpu: Vcpu): number {
    const edit = this.edits[0];
    if (edit === undefined || edit.at.vcpu < 0 || this.host.vcpu(edit.at.vm, edit.at.vcpu) !== vcpu) return Number.POSITIVE_INFINITY;
    const left = edit.at.retired - vcpu.retired();
    if (left > 0) return left;
    // Time may still pass without an instruction: a delivery, an exit. A border instruction is only found; whoever is behind it runs before the edit.
    return vcpu.localNs() < edit.at.atNs || (edit.at.border && !this.host.loop.isAtBorder) ? 1 : 0;
  }

  /** The host is idle, and all that is due has happened. */
  get isDueAtIdle(): boolean {
    const edit = this.edits[0];
    return edit !== undefined && edit.at.vcpu < 0 && this.host.loop.reachedNs >= edit.at.atNs;
  }

  /** Makes the next edit of a replay. */
  makeNext(): void {
    const edit = this.edits.shift();
    if (edit !== undefined) this.apply(edit);
  }

  private trace(kind: (typeof INPUT_KINDS)[number], length: number, vm: number): void {
    const { recorder, loop } = this.host;
    recorder.event(TraceKind.input, vm, -1, loop.reachedNs, 0, 0n, INPUT_KINDS.indexOf(kind), length);
  }

  save(): SavedValue {
    return {
      pending: this.pending.map((input) => ({ ...input })) as unknown as SavedValue,
      edits: this.edits as unknown as SavedValue,
      known: { ...this.known },
    };
  }

  restore(saved: SavedValue): void {
    const from = saved as unknown as { pending: TimedInput[]; edits: Edit[]; known: { timed: number; edits: number } };
    this.pending = from.pending.map((input) => ({ ...input }));
    this.edits = [...from.edits];
    this.known = { ...from.known };
    this.timer.cancel();
    if (this.pending.length > 0) this.timer.arm(this.pending[0]!.atNs);
  }
}
