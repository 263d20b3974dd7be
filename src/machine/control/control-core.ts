// The commands that drive a host, synchronous: what MachineControl's two implementations call. Whoever drives it calls `advance` while it is running.
import type { Disposable } from '../../base/disposable';
import { UserError } from '../../base/user-error';
import { scanCodesOfText } from '../../devices/i8042/keys.rows';
import type { VirtualNs } from '../../devices/ports';
import { Measurement } from '../compare/measurement';
import { devicesOf } from '../devices-view';
import type { Arrival } from '../history/travel';
import { Host, type HostParts } from '../host';
import { parseInputLog, writeInputLog } from '../input-log';
import { linearOf, physical, readBytes, type Translate, writeBytes } from '../memory-access';
import { mappedRangesOf, walkOf } from '../paging-view';
import { apicRegisters, paravirtRegisters } from '../platform-registers';
import { modeName, registerFile } from '../registers';
import type { SliceResult } from '../run-control';
import { checkChange, schedulingOf } from '../scheduling';
import { hostDigest } from '../state/digest';
import { readSnapshot, writeSnapshot } from '../state/snapshot';
import { hostRunStates, hostStatistics } from '../statistics';
import { activityName } from '../vm/activity';
import type { MachineDevices } from './devices-view';
import { HistoryControl } from './history-control';
import type { Measured, MeasureWish } from './measure-types';
import type { ProfileBatch, ProfileOptions } from './profile-types';
import { TraceReader } from './trace-reader';
import type {
  ConsoleStream,
  ControlEvent,
  Destination,
  HistoryInfo,
  HostConfig,
  HostStatistics,
  MachineAction,
  MappedRange,
  RegisterFile,
  RunStateBand,
  SchedulingChange,
  SchedulingInfo,
  ScreenView,
  Space,
  StopOn,
  StopPointSpec,
  TracePage,
  TraceQuery,
  TrailStep,
  VcpuInfo,
  Walk,
} from './types';

export const controlErrors = {
  noVcpu: (vm: number, vcpu: number) => new UserError('no-vcpu', `there is no vCPU ${vcpu} in VM ${vm}`),
  noVm: (vm: number) => new UserError('no-vm', `there is no VM ${vm}`),
  running: (what: string) => new UserError('running', `${what} needs the host to stand still: pause first`),
  profileEvery: (every: number) => new UserError('profile-every', `a sample every ${every}: give a whole number above 0`),
  notMeasured: () => new UserError('not-measured', 'nothing is counted: ask for it before the run'),
  ended: () => new UserError('ended', 'the run has ended: restart it'),
} as const;

type ConsoleBuffer = { vm: number; stream: ConsoleStream; bytes: number[] };

export class ControlCore {
  readonly host: Host;
  private listeners: ((event: ControlEvent) => void)[] = [];
  private isRunning = false;
  private console: ConsoleBuffer | undefined;
  private early: ControlEvent[] = [];
  private readonly traceReader: TraceReader;
  private measurement: Measurement | undefined;
  readonly history: HistoryControl;

  constructor(config: HostConfig, parts: HostParts) {
    this.traceReader = new TraceReader(config.traceCapacity);
    this.host = new Host(config, parts, {
      onConsole: (vm, stream, byte) => this.consoleByte(vm, stream, byte),
      onVmEnded: (vm, exit) => this.emit({ kind: 'vm-ended', vm, exit }),
      onLog: (vm, vcpu, id, text) => this.emit({ kind: 'log', vm, vcpu, id, text }),
      onMessage: (severity, text) => this.emit({ kind: 'message', severity, text }),
    });
    this.host.control.pause('entry');
    this.history = new HistoryControl(this.host);
  }

  // --- events ---

  /** What was said before anybody listened is said to the first who does. */
  onEvent(listener: (event: ControlEvent) => void): Disposable {
    this.listeners = [...this.listeners, listener];
    const early = this.early;
    this.early = [];
    for (const event of early) listener(event);
    return {
      dispose: () => {
        this.listeners = this.listeners.filter((each) => each !== listener);
      },
    };
  }

  private emit(event: ControlEvent): void {
    if (event.kind !== 'console') this.flushConsole();
    if (this.listeners.length === 0) {
      if (event.kind === 'message') this.early.push(event);
      return;
    }
    for (const listener of this.listeners) listener(event);
  }

  private consoleByte(vm: number, stream: ConsoleStream, byte: number): void {
    this.history?.put(vm, byte);
    if (this.history?.isTravelling) return;
    if (this.console?.vm !== vm || this.console.stream !== stream || this.console.bytes.length >= 1 << 16) {
      this.flushConsole();
      this.console = { vm, stream, bytes: [] };
    }
    this.console.bytes.push(byte);
  }

  private flushConsole(): void {
    const { console } = this;
    this.console = undefined;
    if (console !== undefined)
      this.emit({ kind: 'console', vm: console.vm, stream: console.stream, bytes: Uint8Array.from(console.bytes) });
  }

  // --- running ---

  get running(): boolean {
    return this.isRunning;
  }
  get ended(): boolean {
    return this.host.exit !== undefined;
  }

  /** Runs about `budgetNs` of virtual time. Anything but 'again' and idling ends the running state, and its event has been sent. */
  advance(budgetNs: number, horizonNs: VirtualNs): SliceResult {
    const allowedNs = this.traceReader.budgetNs(budgetNs, this.host.recorder.nextSequence);
    if (allowedNs === 0 || this.host.sampler.isFull) return 'again';
    if (this.history.isTravelling) return this.advanceWay();
    const result = this.host.runSlice(allowedNs, horizonNs);
    this.flushConsole();
    this.history.hold();
    if (result === 'stopped' && this.host.stop !== undefined) {
      this.isRunning = false;
      this.emit({ kind: 'stopped', stop: this.host.stop });
    } else if (result === 'exited' && this.host.exit !== undefined) {
      for (const vm of this.host.vms) vm.chipset.pc?.vga.finish();
      this.isRunning = false;
      this.emit({ kind: 'exited', exit: this.host.exit });
    }
    return result;
  }

  // --- other moments ---

  /** Goes to another moment of the run; `advance` until it stops there. */
  travel(destination: Destination): void {
    if (this.ended && !this.history.isOn) throw controlErrors.ended();
    if (this.isRunning) throw controlErrors.running('going to another moment');
    this.history.begin(destination);
    this.isRunning = true;
    this.emit({ kind: 'running' });
  }

  /** What a vCPU has run since it had retired so many instructions; nothing changes. `advance` until `done`. */
  trail(vm: number, vcpu: number, fromRetired: number, done: (steps: readonly TrailStep[]) => void): void {
    this.vcpu(vm, vcpu);
    if (this.isRunning) throw controlErrors.running('looking back');
    this.history.beginTrail(vm, vcpu, fromRetired, done);
    this.isRunning = true;
  }

  private advanceWay(): SliceResult {
    let arrival: ReturnType<HistoryControl['advance']>;
    try {
      arrival = this.history.advance();
      if (arrival === 'again') return 'again';
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.emit({ kind: 'message', severity: 'error', text: error.message });
      arrival = { at: undefined, reason: { kind: 'travel', beginning: false } };
    }
    this.isRunning = false;
    if (arrival !== undefined) this.stand(arrival);
    return 'stopped';
  }

  private stand({ at, reason }: Arrival): void {
    this.host.control.arrive(at, reason);
    for (const vm of this.host.vms) this.emit({ kind: 'console-redrawn', vm: vm.index, bytes: this.history.consoleText(vm.index) });
    if (this.host.stop !== undefined) this.emit({ kind: 'stopped', stop: this.host.stop });
  }

  historyInfo(): HistoryInfo {
    return this.history.info();
  }

  resume(how: { step?: { vm: number; vcpu: number }; until?: { vm: number; vcpu: number; retired: number } } = {}): void {
    // Where it stands at its end it is told so by going on.
    if (this.ended && this.host.stop === undefined) throw controlErrors.ended();
    if (this.isRunning) return;
    const at = how.step ?? how.until;
    if (at !== undefined) this.vcpu(at.vm, at.vcpu);
    this.host.control.goOn(how);
    this.isRunning = true;
    this.emit({ kind: 'running' });
  }

  pause(): void {
    if (!this.isRunning) return;
    this.isRunning = false;
    if (this.history.isTravelling) {
      this.history.stop();
      this.stand({ at: undefined, reason: { kind: 'pause' } });
      return;
    }
    this.host.control.pause('pause');
    if (this.host.stop !== undefined) this.emit({ kind: 'stopped', stop: this.host.stop });
  }

  setStopPoints(points: readonly StopPointSpec[]): void {
    this.host.setStopPoints(points);
  }

  setStopOn(what: StopOn): void {
    this.host.control.stopOn = { ...what };
  }

  setInputOpen(open: boolean): void {
    this.host.control.inputOpen = open;
  }

  // --- looking ---

  private vm(vm: number) {
    const found = this.host.vms[vm];
    if (found === undefined) throw controlErrors.noVm(vm);
    return found;
  }

  private vcpu(vm: number, vcpu: number) {
    const found = this.vm(vm).vcpus[vcpu];
    if (found === undefined) throw controlErrors.noVcpu(vm, vcpu);
    return found;
  }

  vcpus(): VcpuInfo[] {
    return this.host.vms.flatMap((vm) =>
      vm.vcpus.map((vcpu) => {
        const { state } = vcpu;
        const rip = state.u64('rip');
        return {
          vm: vm.index,
          vcpu: vcpu.index,
          name: this.host.vms.length > 1 ? `${vm.config.name} · vCPU ${vcpu.index}` : `vCPU ${vcpu.index}`,
          runState: vcpu.entity.account.state,
          activity: activityName(vcpu.activity),
          hold: vcpu.entity.hold,
          rip,
          linearRip: BigInt.asUintN(64, state.segmentBase(1) + rip),
          cpl: state.u32('cpl'),
          mode: modeName(state),
          position: this.host.positionOf(vcpu),
        };
      }),
    );
  }

  registers(vm: number, vcpu: number): RegisterFile {
    const file = registerFile(this.vcpu(vm, vcpu).state);
    const { chipset, pv } = this.vm(vm);
    const apic = chipset.localApics[vcpu]!;
    file.values.cr8 = BigInt(apic.cr8);
    Object.assign(file.values, apicRegisters(apic), paravirtRegisters(pv, vcpu));
    return file;
  }

  setRegister(vm: number, vcpu: number, name: string, value: bigint): void {
    this.vcpu(vm, vcpu);
    this.history.checkPresent();
    this.host.inputs.register(vm, vcpu, name, value);
  }

  /** These vCPUs of a VM, and no others, are kept from running: a logged input. */
  hold(vm: number, vcpus: readonly number[]): void {
    for (const vcpu of vcpus) this.vcpu(vm, vcpu);
    const held = this.vm(vm).vcpus.filter(({ entity }) => entity.hold === 'held');
    const wanted = vcpus.filter((vcpu) => this.vcpu(vm, vcpu).entity.hold !== 'gone').sort((a, b) => a - b);
    if (held.map(({ index }) => index).join() === wanted.join()) return;
    this.history.checkPresent();
    this.host.inputs.hold(vm, wanted);
  }

  /** Takes a vCPU out of its machine for good: a logged input. */
  takeOffline(vm: number, vcpu: number): void {
    if (this.vcpu(vm, vcpu).entity.hold === 'gone') return;
    this.history.checkPresent();
    this.host.inputs.offline(vm, vcpu);
  }

  private translator(vm: number, space: Space): Translate {
    if (space.kind === 'physical') return physical;
    const { engine } = this.vm(vm);
    const vcpu = this.vcpu(vm, space.vcpu);
    if (space.kind === 'virtual' && space.cr3 !== undefined) {
      const { cr3 } = space;
      return (linear) => walkOf(engine, vcpu.state, linear, cr3).result?.gpa;
    }
    return linearOf(engine, space.vcpu);
  }

  readMemory(vm: number, space: Space, address: bigint, length: number): Uint8Array {
    return readBytes(this.vm(vm).engine, address, length, this.translator(vm, space));
  }

  /** A logged input, by physical pages. */
  writeMemory(vm: number, space: Space, address: bigint, bytes: Uint8Array): number {
    this.history.checkPresent();
    const { engine } = this.vm(vm);
    const translate = this.translator(vm, space);
    // Only where it can be written: probed with what is there.
    const writable = readBytes(engine, address, bytes.length, translate).length;
    const pieces: { gpa: number; bytes: Uint8Array }[] = [];
    writeBytes(
      {
        memory: {
          write: (gpa: number, piece: Uint8Array) => {
            pieces.push({ gpa, bytes: piece });
            return true;
          },
        },
      },
      address,
      bytes.subarray(0, writable),
      translate,
    );
    for (const piece of pieces) this.host.inputs.memory(vm, piece.gpa, piece.bytes);
    return writable;
  }

  walk(vm: number, vcpu: number, linear: bigint): Walk {
    return walkOf(this.vm(vm).engine, this.vcpu(vm, vcpu).state, linear);
  }

  mappedRanges(vm: number, vcpu: number, start: bigint, limit: number, cr3?: bigint): { ranges: MappedRange[]; next: bigint | null } {
    return mappedRangesOf(this.vm(vm).engine, this.vcpu(vm, vcpu).state, start, limit, cr3);
  }

  get traceRing(): ArrayBufferLike {
    return this.host.recorder.buffer;
  }

  trace(query: TraceQuery): TracePage {
    const page = this.host.recorder.page(query);
    if (query.keep) this.traceReader.keepFrom((page.records.at(-1)?.seq ?? query.from - 1) + 1);
    else if (query.keep === false) this.traceReader.keepFrom(undefined);
    return page;
  }

  profile(options: ProfileOptions | null): void {
    if (options !== null && !(Number.isSafeInteger(options.every) && options.every > 0)) throw controlErrors.profileEvery(options.every);
    this.host.sampler.start(options);
  }

  profileSamples(): ProfileBatch {
    return this.host.sampler.take();
  }

  measure(wish: MeasureWish): void {
    this.measurement = new Measurement(this.host, wish);
  }

  measured(): Measured {
    if (this.measurement === undefined) throw controlErrors.notMeasured();
    return this.measurement.totals;
  }

  runStates(fromNs: number, toNs: number, limit: number): RunStateBand[] {
    return hostRunStates(this.host, fromNs, toNs, limit);
  }

  statistics(): HostStatistics {
    return hostStatistics(this.host);
  }

  devices(vm: number): MachineDevices {
    this.vm(vm);
    return devicesOf(this.host, vm);
  }

  // --- inputs and state ---

  input(vm: number, bytes: Uint8Array, notBeforeNs = 0): void {
    if (this.vm(vm).config.consoleDevice === 'vga') {
      this.keyboard(vm, Uint8Array.from(scanCodesOfText(new TextDecoder().decode(bytes))), notBeforeNs);
    } else {
      this.history.checkPresent();
      this.host.inputs.console(vm, bytes, notBeforeNs);
    }
  }

  /** Scan codes of set 2. */
  keyboard(vm: number, bytes: Uint8Array, notBeforeNs = 0): void {
    this.vm(vm);
    this.history.checkPresent();
    this.host.inputs.keyboard(vm, bytes, notBeforeNs);
  }

  powerButton(vm: number, notBeforeNs = 0): boolean {
    if (!this.vm(vm).listensToPowerButton) return false;
    this.history.checkPresent();
    this.host.inputs.powerButton(vm, notBeforeNs);
    return true;
  }

  /** Weights, caps, affinity, pCPUs: a logged input. */
  schedule(change: SchedulingChange, notBeforeNs = 0): void {
    checkChange(this.host, change);
    this.history.checkPresent();
    this.host.inputs.schedule(change, notBeforeNs);
  }

  /** The user restarts a VM, or switches it off: a logged input. */
  machine(vm: number, action: MachineAction, notBeforeNs = 0): void {
    this.vm(vm);
    this.history.checkPresent();
    this.host.inputs.machine(vm, action, notBeforeNs);
  }

  scheduling(): SchedulingInfo {
    return schedulingOf(this.host);
  }

  screen(vm: number): ScreenView {
    return this.vm(vm).screen();
  }

  inputLog(): string {
    return writeInputLog(this.host.inputs.log, this.host.inputs.forkedAtNs);
  }

  replay(log: string, name: string): void {
    this.host.inputs.replay(parseInputLog(log, name));
  }

  save(): Uint8Array {
    if (this.isRunning) throw controlErrors.running('saving');
    return writeSnapshot(this.host);
  }

  restore(snapshot: Uint8Array): void {
    if (this.isRunning) throw controlErrors.running('restoring');
    readSnapshot(this.host, snapshot);
    this.history.restart();
    this.host.control.pause('entry');
  }

  digest(): string {
    return hostDigest(this.host);
  }
}
