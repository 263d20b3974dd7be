// MachineControl over a host in this very thread: tests, the command line, and the engine's worker around it.
import type { Disposable } from '../../base/disposable';
import { ControlCore, controlErrors } from '../../machine/control/control-core';
import { defaultParts } from '../../machine/control/default-parts';
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
import { Driver } from './driver';
import { bundledInterpreters, bundledRegions } from './interpreters';

export class InProcessControl implements EngineControl {
  readonly core: ControlCore;
  readonly driver: Driver;
  private disposed = false;

  /** Throws a UserError where the configuration or the image cannot be used. */
  constructor(
    config: HostConfig,
    core = new ControlCore(
      config,
      defaultParts({ interpreter: bundledInterpreters, moduleOf: bundledRegions, clockMs: () => performance.now() }),
    ),
  ) {
    this.core = core;
    this.driver = new Driver(core);
  }

  onEvent(listener: (event: ControlEvent) => void): Disposable {
    return this.core.onEvent(listener);
  }

  private start(how?: Parameters<ControlCore['resume']>[0]): void {
    if (this.disposed) throw controlErrors.ended();
    this.core.resume(how);
    this.driver.kick();
  }

  async resume(): Promise<void> {
    this.start();
  }
  async runTo(vm: number, vcpu: number, retired: number): Promise<void> {
    await this.untilStopped(() => this.start({ until: { vm, vcpu, retired } }));
  }
  async stepInstruction(vm: number, vcpu: number): Promise<void> {
    await this.untilStopped(() => this.start({ step: { vm, vcpu } }));
  }

  private untilStopped(begin: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const listening = this.core.onEvent((event) => {
        if (event.kind !== 'stopped' && event.kind !== 'exited' && event.kind !== 'lost') return;
        listening.dispose();
        resolve();
      });
      try {
        begin();
      } catch (error) {
        listening.dispose();
        reject(error);
      }
    });
  }

  async pause(): Promise<void> {
    this.driver.stop();
    this.core.pause();
  }
  async setStopPoints(points: readonly StopPointSpec[]): Promise<void> {
    this.core.setStopPoints(points);
  }
  async setStopOn(what: StopOn): Promise<void> {
    this.core.setStopOn(what);
  }
  async vcpus(): Promise<VcpuInfo[]> {
    return this.core.vcpus();
  }
  async registers(vm: number, vcpu: number): Promise<RegisterFile> {
    return this.core.registers(vm, vcpu);
  }
  async setRegister(vm: number, vcpu: number, name: string, value: bigint): Promise<void> {
    this.core.setRegister(vm, vcpu, name, value);
  }
  async readMemory(vm: number, space: Space, address: bigint, length: number): Promise<Uint8Array> {
    return this.core.readMemory(vm, space, address, length);
  }
  async writeMemory(vm: number, space: Space, address: bigint, bytes: Uint8Array): Promise<number> {
    return this.core.writeMemory(vm, space, address, bytes);
  }
  async hold(vm: number, vcpus: readonly number[]): Promise<void> {
    this.core.hold(vm, vcpus);
    if (this.core.running) this.driver.kick();
  }
  async holdVm(vm: number, held: boolean, clock: HeldClock): Promise<void> {
    this.core.holdVm(vm, held, clock);
    if (this.core.running) this.driver.kick();
  }
  async takeOffline(vm: number, vcpu: number): Promise<void> {
    this.core.takeOffline(vm, vcpu);
    if (this.core.running) this.driver.kick();
  }
  async walk(vm: number, vcpu: number, linear: bigint): Promise<Walk> {
    return this.core.walk(vm, vcpu, linear);
  }
  async mappedRanges(
    vm: number,
    vcpu: number,
    start: bigint,
    limit: number,
    cr3?: bigint,
  ): Promise<{ ranges: MappedRange[]; next: bigint | null }> {
    return this.core.mappedRanges(vm, vcpu, start, limit, cr3);
  }
  async traceRing(): Promise<ArrayBufferLike> {
    return this.core.traceRing;
  }
  async trace(query: TraceQuery): Promise<TracePage> {
    return this.core.trace(query);
  }
  async profile(options: ProfileOptions | null): Promise<void> {
    this.core.profile(options);
  }
  async profileSamples(learned?: Learned): Promise<ProfileBatch> {
    return this.core.profileSamples(learned);
  }
  async measure(wish: MeasureWish): Promise<void> {
    this.core.measure(wish);
  }
  async measured(): Promise<Measured> {
    return this.core.measured();
  }
  async runStates(fromNs: number, toNs: number, limit: number): Promise<RunStateBand[]> {
    return this.core.runStates(fromNs, toNs, limit);
  }
  async statistics(): Promise<HostStatistics> {
    return this.core.statistics();
  }

  async compiledRegions(vm: number, counting?: boolean): Promise<CompiledRegions> {
    return this.core.compiledRegions(vm, counting);
  }
  async regionsAt(vm: number, linear: bigint): Promise<CompiledRegion[]> {
    return this.core.regionsAt(vm, linear);
  }
  async devices(vm: number): Promise<MachineDevices> {
    return this.core.devices(vm);
  }

  async input(vm: number, bytes: Uint8Array): Promise<void> {
    this.core.input(vm, bytes, this.driver.idleNowNs());
    if (this.core.running) this.driver.kick();
  }
  async keyboard(vm: number, scanCodes: Uint8Array): Promise<void> {
    this.core.keyboard(vm, scanCodes, this.driver.idleNowNs());
    if (this.core.running) this.driver.kick();
  }
  async screen(vm: number): Promise<ScreenView> {
    return this.core.screen(vm);
  }
  async powerButton(vm: number): Promise<boolean> {
    const pressed = this.core.powerButton(vm, this.driver.idleNowNs());
    if (this.core.running) this.driver.kick();
    return pressed;
  }
  async schedule(change: SchedulingChange): Promise<void> {
    this.core.schedule(change, this.driver.idleNowNs());
    if (this.core.running) this.driver.kick();
  }
  async machine(vm: number, action: MachineAction): Promise<void> {
    this.core.machine(vm, action, this.driver.idleNowNs());
    if (this.core.running) this.driver.kick();
  }
  async scheduling(): Promise<SchedulingInfo> {
    return this.core.scheduling();
  }
  async setInputOpen(open: boolean): Promise<void> {
    this.core.setInputOpen(open);
    if (this.core.running) this.driver.kick();
  }
  async inputLog(): Promise<string> {
    return this.core.inputLog();
  }
  async replay(log: string, name: string): Promise<void> {
    this.core.replay(log, name);
  }
  async setPace(pace: 'fast' | 'realtime'): Promise<void> {
    this.driver.pace = pace;
    if (this.core.running) this.driver.kick();
  }
  async record(maxBytes: number | null): Promise<void> {
    this.core.history.record(maxBytes ?? undefined);
  }
  async history(): Promise<HistoryInfo> {
    return this.core.historyInfo();
  }
  async travel(destination: Destination): Promise<void> {
    this.core.travel(destination);
    this.driver.kick();
  }
  trail(vm: number, vcpu: number, fromRetired: number): Promise<readonly TrailStep[]> {
    return new Promise((resolve, reject) => {
      // A pause ends it.
      const listening = this.core.onEvent((event) => {
        if (event.kind === 'stopped') finish([]);
      });
      const finish = (steps: readonly TrailStep[]): void => {
        listening.dispose();
        resolve(steps);
      };
      try {
        this.core.trail(vm, vcpu, fromRetired, finish);
        this.driver.kick();
      } catch (error) {
        listening.dispose();
        reject(error);
      }
    });
  }
  async fork(): Promise<void> {
    this.core.history.fork();
  }
  async save(): Promise<Uint8Array> {
    return this.core.save();
  }
  async restore(snapshot: Uint8Array): Promise<void> {
    this.core.restore(snapshot);
  }
  async digest(): Promise<string> {
    return this.core.digest();
  }
  async dispose(): Promise<void> {
    this.disposed = true;
    this.driver.stop();
  }
}
