// MachineControl over a worker thread: each call is a message, each event one back. When the worker dies, every waiting call fails and listeners hear 'lost'.
import { Worker } from 'node:worker_threads';
import type { Disposable } from '../../base/disposable';
import type { MachineDevices } from '../../machine/control/devices-view';
import type { EngineControl } from '../../machine/control/engine-control';
import type { Measured, MeasureWish } from '../../machine/control/measure-types';
import type { Learned, ProfileBatch, ProfileOptions } from '../../machine/control/profile-types';
import type { CompiledRegion, CompiledRegions } from '../../machine/control/region-types';
import type {
  ControlEvent,
  Destination,
  HeldClock,
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
} from '../../machine/control/types';
import { type FromWorker, type Method, receiveError, type WorkerStart } from './messages';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class RemoteControl implements EngineControl {
  private listeners: ((event: ControlEvent) => void)[] = [];
  /** Events before anybody listened. */
  private early: ControlEvent[] = [];
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private ended: string | undefined;

  private constructor(
    private readonly worker: Worker,
    private readonly attention: Int32Array,
  ) {}

  /** Rejects with the UserError where the configuration or image cannot be used. `script` is dist/engine-worker.js. */
  static start(config: HostConfig, script: string): Promise<RemoteControl> {
    const attention = new SharedArrayBuffer(4);
    const data: WorkerStart = { config, attention };
    const worker = new Worker(script, { workerData: data });
    const control = new RemoteControl(worker, new Int32Array(attention));
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve(control);
        else if (message.kind === 'refused') reject(receiveError(message.error));
        else control.receive(message);
      });
      worker.on('error', (error) => {
        reject(error);
        control.lost(`the engine's thread failed: ${error.message}`);
      });
      worker.on('exit', (code) => {
        reject(new Error(`the engine's thread ended (${code})`));
        control.lost("the engine's thread ended");
      });
    });
  }

  private receive(message: FromWorker): void {
    if (message.kind === 'event') {
      this.emit(message.event);
      return;
    }
    if (message.kind !== 'result' && message.kind !== 'error') return;
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.kind === 'result') waiting?.resolve(message.value);
    else waiting?.reject(receiveError(message.error));
  }

  private emit(event: ControlEvent): void {
    if (this.listeners.length === 0) this.early.push(event);
    for (const listener of this.listeners) listener(event);
  }

  private lost(text: string): void {
    if (this.ended !== undefined) return;
    this.ended = text;
    for (const waiting of this.waiting.values()) waiting.reject(new Error(text));
    this.waiting.clear();
    this.emit({ kind: 'lost', text });
  }

  private call<T>(method: Method, ...args: unknown[]): Promise<T> {
    if (this.ended !== undefined) return Promise.reject(new Error(this.ended));
    return new Promise<T>((resolve, reject) => {
      const id = this.nextId++;
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      Atomics.add(this.attention, 0, 1);
      this.worker.postMessage({ id, method, args });
    });
  }

  onEvent(listener: (event: ControlEvent) => void): Disposable {
    this.listeners = [...this.listeners, listener];
    const { early } = this;
    this.early = [];
    for (const event of early) listener(event);
    return {
      dispose: () => {
        this.listeners = this.listeners.filter((each) => each !== listener);
      },
    };
  }

  resume(): Promise<void> {
    return this.call('resume');
  }
  runTo(vm: number, vcpu: number, retired: number): Promise<void> {
    return this.call('runTo', vm, vcpu, retired);
  }
  pause(): Promise<void> {
    return this.call('pause');
  }
  stepInstruction(vm: number, vcpu: number): Promise<void> {
    return this.call('stepInstruction', vm, vcpu);
  }
  setStopPoints(points: readonly StopPointSpec[]): Promise<void> {
    return this.call('setStopPoints', points);
  }
  setStopOn(what: StopOn): Promise<void> {
    return this.call('setStopOn', what);
  }
  vcpus(): Promise<VcpuInfo[]> {
    return this.call('vcpus');
  }
  registers(vm: number, vcpu: number): Promise<RegisterFile> {
    return this.call('registers', vm, vcpu);
  }
  setRegister(vm: number, vcpu: number, name: string, value: bigint): Promise<void> {
    return this.call('setRegister', vm, vcpu, name, value);
  }
  readMemory(vm: number, space: Space, address: bigint, length: number): Promise<Uint8Array> {
    return this.call('readMemory', vm, space, address, length);
  }
  writeMemory(vm: number, space: Space, address: bigint, bytes: Uint8Array): Promise<number> {
    return this.call('writeMemory', vm, space, address, bytes);
  }
  hold(vm: number, vcpus: readonly number[]): Promise<void> {
    return this.call('hold', vm, vcpus);
  }
  holdVm(vm: number, held: boolean, clock: HeldClock): Promise<void> {
    return this.call('holdVm', vm, held, clock);
  }
  takeOffline(vm: number, vcpu: number): Promise<void> {
    return this.call('takeOffline', vm, vcpu);
  }
  walk(vm: number, vcpu: number, linear: bigint): Promise<Walk> {
    return this.call('walk', vm, vcpu, linear);
  }
  mappedRanges(
    vm: number,
    vcpu: number,
    start: bigint,
    limit: number,
    cr3?: bigint,
  ): Promise<{ ranges: MappedRange[]; next: bigint | null }> {
    return this.call('mappedRanges', vm, vcpu, start, limit, cr3);
  }
  traceRing(): Promise<ArrayBufferLike> {
    return this.call('traceRing');
  }
  trace(query: TraceQuery): Promise<TracePage> {
    return this.call('trace', query);
  }
  profile(options: ProfileOptions | null): Promise<void> {
    return this.call('profile', options);
  }
  profileSamples(learned?: Learned): Promise<ProfileBatch> {
    return this.call('profileSamples', learned);
  }
  measure(wish: MeasureWish): Promise<void> {
    return this.call('measure', wish);
  }
  measured(): Promise<Measured> {
    return this.call('measured');
  }
  runStates(fromNs: number, toNs: number, limit: number): Promise<RunStateBand[]> {
    return this.call('runStates', fromNs, toNs, limit);
  }
  statistics(): Promise<HostStatistics> {
    return this.call('statistics');
  }
  compiledRegions(vm: number, counting?: boolean): Promise<CompiledRegions> {
    return this.call('compiledRegions', vm, counting);
  }
  regionsAt(vm: number, linear: bigint): Promise<CompiledRegion[]> {
    return this.call('regionsAt', vm, linear);
  }
  devices(vm: number): Promise<MachineDevices> {
    return this.call('devices', vm);
  }
  input(vm: number, bytes: Uint8Array): Promise<void> {
    return this.call('input', vm, bytes);
  }
  keyboard(vm: number, scanCodes: Uint8Array): Promise<void> {
    return this.call('keyboard', vm, scanCodes);
  }
  screen(vm: number): Promise<ScreenView> {
    return this.call('screen', vm);
  }
  schedule(change: SchedulingChange): Promise<void> {
    return this.call('schedule', change);
  }
  machine(vm: number, action: MachineAction): Promise<void> {
    return this.call('machine', vm, action);
  }
  scheduling(): Promise<SchedulingInfo> {
    return this.call('scheduling');
  }
  powerButton(vm: number): Promise<boolean> {
    return this.call('powerButton', vm);
  }
  setInputOpen(open: boolean): Promise<void> {
    return this.call('setInputOpen', open);
  }
  inputLog(): Promise<string> {
    return this.call('inputLog');
  }
  replay(log: string, name: string): Promise<void> {
    return this.call('replay', log, name);
  }
  setPace(pace: 'fast' | 'realtime'): Promise<void> {
    return this.call('setPace', pace);
  }
  record(maxBytes: number | null): Promise<void> {
    return this.call('record', maxBytes);
  }
  history(): Promise<HistoryInfo> {
    return this.call('history');
  }
  travel(destination: Destination): Promise<void> {
    return this.call('travel', destination);
  }
  trail(vm: number, vcpu: number, fromRetired: number): Promise<readonly TrailStep[]> {
    return this.call('trail', vm, vcpu, fromRetired);
  }
  fork(): Promise<void> {
    return this.call('fork');
  }
  save(): Promise<Uint8Array> {
    return this.call('save');
  }
  restore(snapshot: Uint8Array): Promise<void> {
    return this.call('restore', snapshot);
  }
  digest(): Promise<string> {
    return this.call('digest');
  }
  async dispose(): Promise<void> {
    this.ended ??= 'the host was disposed of';
    for (const waiting of this.waiting.values()) waiting.reject(new Error(this.ended));
    this.waiting.clear();
    await this.worker.terminate();
  }
}
