// A MachineControl over MiniCpu for tests of the debugger: real compiled code, exact and quick, with interrupts and hypercalls on demand.

import { MemoryByteSource } from '../../../src/base/byte-source';
import type { Disposable } from '../../../src/base/disposable';
import { ElfFile } from '../../../src/formats/elf';
import type { MachineControl } from '../../../src/machine/control/control';
import type { MachineDevices } from '../../../src/machine/control/devices-view';
import { historyErrors } from '../../../src/machine/control/history-errors';
import { hitRuleHolds } from '../../../src/machine/control/hit-rule';
import type { ProfileBatch } from '../../../src/machine/control/profile-types';
import { runProgram } from '../../../src/machine/control/program';
import type { CompiledRegions } from '../../../src/machine/control/region-types';
import type {
  ControlEvent,
  ExitInfo,
  HostConfig,
  HostStatistics,
  HypercallInfo,
  Position,
  RegisterFile,
  SchedulingInfo,
  ScreenView,
  Space,
  StopInfo,
  StopPointSpec,
  StopReason,
  VcpuInfo,
  Walk,
} from '../../../src/machine/control/types';
import { TraceRecorder } from '../../../src/trace/recorder';
import { GPR, MiniCpu } from './mini-cpu';

const RAM_BYTES = 4 << 20;
const STACK_TOP = 0x3f0000n;
/** Instructions between two looks at the event loop. */
const SLICE = 5000;

export interface MiniOptions {
  /** Deliver an interrupt to this handler before the nth instruction. */
  readonly interrupts?: { at: number; handler: bigint }[];
  /** The linked address of the image is not mapped until the guest jumps there. */
  readonly startAt?: bigint;
  readonly vcpus?: number;
}

export class MiniMachine implements MachineControl {
  readonly cpus: MiniCpu[] = [];
  readonly sent: string[] = [];
  interrupts: { at: number; handler: bigint }[];
  private readonly ram = new Uint8Array(RAM_BYTES);
  private readonly highBase: bigint;
  private readonly retired: number[] = [];
  private listeners: ((event: ControlEvent) => void)[] = [];
  private points: readonly StopPointSpec[] = [];
  private running = false;
  private pauseAsked = false;
  private disposed = false;
  private ignoreHere: bigint | undefined;
  private turn = 0;
  private halted: boolean[] = [];

  constructor(image: Uint8Array, options: MiniOptions = {}) {
    const elf = ElfFile.open(new MemoryByteSource('image', image));
    const loads = elf.segments.filter(({ type, memorySize }) => type === 1 && memorySize > 0);
    const moved = loads.find(({ vaddr, paddr }) => vaddr !== paddr);
    this.highBase = moved ? moved.vaddr - moved.paddr : 0n;
    for (const { offset, fileSize, paddr } of loads) this.ram.set(image.subarray(offset, offset + fileSize), Number(paddr));
    this.interrupts = [...(options.interrupts ?? [])];
    for (let i = 0; i < (options.vcpus ?? 1); i++) {
      const cpu = new MiniCpu(
        this.ram,
        (address) => this.physical(address),
        (port, value) => this.out(port, value),
      );
      cpu.rip = options.startAt ?? elf.header.entry;
      cpu.gpr[4] = STACK_TOP - BigInt(i) * 0x10000n;
      this.cpus.push(cpu);
      this.retired.push(0);
      this.halted.push(i > 0);
    }
  }

  static factory(options: MiniOptions = {}) {
    return async (config: HostConfig): Promise<MiniMachine> =>
      new MiniMachine(config.vms[0]!.image.bytes, { vcpus: config.vms[0]!.vcpus, ...options });
  }

  /** A second vCPU begins somewhere. */
  startVcpu(vcpu: number, rip: bigint): void {
    this.cpus[vcpu]!.rip = rip;
    this.halted[vcpu] = false;
  }

  private physical(address: bigint): number {
    const low = this.highBase !== 0n && address >= this.highBase ? address - this.highBase : address;
    return low < BigInt(RAM_BYTES) ? Number(low) : RAM_BYTES;
  }

  private out(port: number, value: number): void {
    if (port === 0xe9 || port === 0x3f8)
      this.emit({ kind: 'console', vm: 0, stream: port === 0xe9 ? 'debug' : 'serial', bytes: Uint8Array.of(value) });
  }

  /** The engine's thread dies. */
  crash(): void {
    this.running = false;
    this.emit({ kind: 'lost', text: 'the engine worker ended with code 9' });
  }

  private emit(event: ControlEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  onEvent(listener: (event: ControlEvent) => void): Disposable {
    this.listeners.push(listener);
    return { dispose: () => (this.listeners = this.listeners.filter((each) => each !== listener)) };
  }

  private position(vcpu: number): Position {
    const total = this.retired.reduce((sum, each) => sum + each, 0);
    return { vm: 0, vcpu, retired: this.retired[vcpu] ?? 0, event: 0, virtualNs: total };
  }

  private stop(reason: StopReason, vcpu: number): void {
    this.running = false;
    this.ignoreHere = this.cpus[vcpu]!.rip;
    const stop: StopInfo = { reason, at: { vm: 0, vcpu }, position: this.position(vcpu) };
    this.emit({ kind: 'stopped', stop });
  }

  private exit(exit: ExitInfo): void {
    this.running = false;
    this.emit({ kind: 'exited', exit });
  }

  private file(vcpu: number): RegisterFile {
    const cpu = this.cpus[vcpu]!;
    const values: Record<string, bigint> = Object.fromEntries(GPR.map((name, index) => [name, cpu.gpr[index]!]));
    Object.assign(values, { rip: cpu.rip, rflags: cpu.rflags, cr0: 0x80000011n, cr2: 0n, cr3: 0x1000n, cr4: 0x20n, efer: 0x500n, cpl: 0n });
    for (const name of ['cs', 'ss', 'ds', 'es', 'fs', 'gs']) {
      Object.assign(values, {
        [name]: name === 'cs' ? 8n : 16n,
        [`${name}.base`]: 0n,
        [`${name}.limit`]: 0xffffffffn,
        [`${name}.access`]: name === 'cs' ? 0xa09bn : 0xc093n,
      });
    }
    values.xmm0 = 0n;
    return { values, mode: 'long64' };
  }

  private call(vcpu: number): HypercallInfo & { cpl: number } {
    const cpu = this.cpus[vcpu]!;
    const nr = Number(cpu.gpr[0]);
    const name = nr === 10 ? 'SEND_IPI' : nr === 5 ? 'KICK_CPU' : `unknown ${nr}`;
    const args = [3, 1, 2, 6].map((index, i) => ({ name: `a${i}`, value: cpu.gpr[index]!, text: `0x${cpu.gpr[index]!.toString(16)}` }));
    return { interface: 'kvm', nr, name, args, cpl: 0 };
  }

  private readonly counts = new Map<number, number>();
  private hits(vcpu: number, hypercall: (HypercallInfo & { cpl: number }) | undefined): number[] {
    const cpu = this.cpus[vcpu]!;
    const file = this.file(vcpu);
    const ids: number[] = [];
    for (const point of this.points) {
      const { where } = point;
      if (point.vcpu !== undefined && point.vcpu !== vcpu) continue;
      const here =
        where.kind === 'linear'
          ? !hypercall && where.address === cpu.rip
          : where.kind === 'physical'
            ? !hypercall && where.address === this.physical(cpu.rip)
            : where.kind === 'hypercall' && hypercall !== undefined && (where.nr === undefined || where.nr === hypercall.nr);
      if (!here) continue;
      const context = {
        register: (name: string) => file.values[name],
        load: (_: string, address: bigint, size: number) => (this.physical(address) < RAM_BYTES ? cpu.load(address, size) : undefined),
        hypercall,
      };
      if (point.condition && (runProgram(point.condition, context) ?? 0n) === 0n) continue;
      const counter = point.countsWith ?? point.id;
      const count = (this.counts.get(counter) ?? 0) + 1;
      this.counts.set(counter, count);
      if (point.hits && !hitRuleHolds(point.hits, count)) continue;
      if (point.log) {
        const text = point.log.map(
          (part) => (part.text ?? '') + (part.program ? String(BigInt.asIntN(64, runProgram(part.program, context) ?? 0n)) : ''),
        );
        this.emit({ kind: 'log', vm: 0, vcpu, id: point.id, text: text.join('') });
      } else ids.push(point.id);
    }
    return ids;
  }

  /** One instruction of one vCPU; true when the run is over. */
  private one(vcpu: number, stepping: boolean): boolean {
    const cpu = this.cpus[vcpu]!;
    const count = this.retired[vcpu] ?? 0;
    const due = vcpu === 0 ? this.interrupts.findIndex(({ at }) => at === count) : -1;
    if (due >= 0) {
      const [interrupt] = this.interrupts.splice(due, 1);
      cpu.deliver(interrupt!.handler);
      if (stepping) this.stop({ kind: 'step', diverted: true }, vcpu);
      return stepping;
    }
    const resumed = this.ignoreHere === cpu.rip;
    this.ignoreHere = undefined;
    if (!resumed && !stepping) {
      const ids = this.hits(vcpu, undefined);
      if (ids.length > 0) {
        this.stop({ kind: 'breakpoint', ids }, vcpu);
        return true;
      }
    }
    const start = cpu.rip;
    const outcome = cpu.step();
    if (outcome === 'hypercall') {
      if (!resumed) {
        cpu.rip = start;
        const call = this.call(vcpu);
        const ids = this.hits(vcpu, call);
        if (ids.length > 0) {
          this.stop({ kind: 'hypercall', ids, call }, vcpu);
          return true;
        }
        cpu.rip = start + 3n;
      }
      cpu.gpr[0] = 0n;
    } else if (outcome === 'halted') {
      if ((cpu.rflags & 512n) === 0n || this.interrupts.length === 0) {
        this.halted[vcpu] = true;
        if (this.halted.every((each) => each)) {
          this.stop({ kind: 'halted-forever' }, vcpu);
          return true;
        }
      }
    } else if (typeof outcome === 'object') {
      if ('exit' in outcome) this.exit({ reason: 'debug-exit', code: ((outcome.exit << 1) | 1) & 0xff, text: '' });
      else if (outcome.unimplemented === 'ud2') {
        const fault = (vector: number, name: string) => ({
          vector,
          name,
          errorCode: vector === 8 ? 0 : null,
          address: null,
          cs: 8,
          rip: start,
        });
        this.stop({ kind: 'triple-fault', chain: [fault(6, '#UD'), fault(13, '#GP'), fault(8, '#DF')] }, vcpu);
      } else this.stop({ kind: 'unimplemented', text: outcome.unimplemented, rip: start }, vcpu);
      return true;
    }
    this.retired[vcpu] = count + 1;
    if (stepping) this.stop({ kind: 'step', diverted: false }, vcpu);
    return stepping;
  }

  async resume(): Promise<void> {
    this.running = true;
    this.emit({ kind: 'running' });
    setImmediate(() => this.slice());
  }

  private slice(): void {
    for (let i = 0; i < SLICE; i++) {
      if (this.disposed || !this.running) return;
      if (this.pauseAsked) {
        this.pauseAsked = false;
        this.stop({ kind: 'pause' }, 0);
        return;
      }
      this.turn = (this.turn + 1) % this.cpus.length;
      if (this.halted[this.turn]) continue;
      if (this.one(this.turn, false)) return;
    }
    setImmediate(() => this.slice());
  }

  async pause(): Promise<void> {
    if (this.running) this.pauseAsked = true;
  }

  async stepInstruction(_vm: number, vcpu: number): Promise<void> {
    this.one(vcpu, true);
  }

  async setStopPoints(points: readonly StopPointSpec[]): Promise<void> {
    this.points = points;
  }
  async setStopOn(): Promise<void> {}

  async vcpus(): Promise<VcpuInfo[]> {
    return this.cpus.map((cpu, vcpu) => ({
      vm: 0,
      vcpu,
      name: `vCPU ${vcpu}`,
      runState: 'running',
      hold: 'none',
      vmHeld: false,
      activity: this.halted[vcpu] ? 'halted' : 'running',
      rip: cpu.rip,
      linearRip: cpu.rip,
      cpl: 0,
      mode: 'long64',
      position: this.position(vcpu),
    }));
  }
  async registers(_vm: number, vcpu: number): Promise<RegisterFile> {
    return this.file(vcpu);
  }
  async setRegister(_vm: number, vcpu: number, name: string, value: bigint): Promise<void> {
    const cpu = this.cpus[vcpu]!;
    const index = GPR.indexOf(name);
    if (index >= 0) cpu.gpr[index] = BigInt.asUintN(64, value);
    else if (name === 'rip') cpu.rip = value;
    else if (name === 'rflags') cpu.rflags = value;
  }
  async readMemory(_vm: number, _space: Space, address: bigint, length: number): Promise<Uint8Array> {
    const at = this.physical(address);
    return this.ram.slice(at, Math.min(at + length, RAM_BYTES));
  }
  async writeMemory(_vm: number, _space: Space, address: bigint, bytes: Uint8Array): Promise<number> {
    const at = this.physical(address);
    const fits = bytes.subarray(0, Math.max(0, RAM_BYTES - at));
    this.ram.set(fits, Math.min(at, RAM_BYTES));
    return fits.length;
  }
  async hold(): Promise<void> {}
  async holdVm(): Promise<void> {}
  async takeOffline(): Promise<void> {}
  async walk(_vm: number, _vcpu: number, linear: bigint): Promise<Walk> {
    return { linear, mode: 'none', cr3: 0n, steps: [], result: null, problem: 'the mini machine has no paging' };
  }
  async mappedRanges() {
    return { ranges: [], next: null };
  }
  async traceRing() {
    return new TraceRecorder({ capacity: 16, shared: true }).buffer;
  }
  async trace() {
    return { first: 0, end: 0, dropped: 0, records: [] };
  }
  async profile(): Promise<void> {}
  async profileSamples(): Promise<ProfileBatch> {
    return { samples: [], options: null };
  }
  async measure(): Promise<void> {}
  async measured(): Promise<never> {
    throw new Error('this machine counts nothing');
  }
  async runStates() {
    return [];
  }
  async devices(): Promise<MachineDevices> {
    return { nowNs: 0, guestNs: 0, guestStands: false, devices: [], pending: [] };
  }

  async statistics(): Promise<HostStatistics> {
    return {
      virtualNs: this.position(0).virtualNs,
      instructions: 0,
      vcpus: [],
      exits: [],
      pcpus: [],
      usage: [],
      ticks: [],
      traceDropped: 0,
      engine: [],
    };
  }
  async compiledRegions(): Promise<CompiledRegions> {
    return { tier: 'interpreter', counting: false, regions: [] };
  }
  async regionsAt(): Promise<[]> {
    return [];
  }
  async input(_vm: number, bytes: Uint8Array): Promise<void> {
    this.sent.push(new TextDecoder().decode(bytes));
  }
  async setPace(): Promise<void> {}
  async keyboard(): Promise<void> {}
  async screen(): Promise<ScreenView> {
    return { kind: 'none' };
  }
  async powerButton(): Promise<boolean> {
    return false;
  }
  async schedule(): Promise<void> {}
  async machine(): Promise<void> {}
  async scheduling(): Promise<SchedulingInfo> {
    return { policy: 'fair', pcpus: 1, vms: [] };
  }
  async record(): Promise<void> {}
  history(): Promise<never> {
    return Promise.reject(historyErrors.off());
  }
  travel(): Promise<void> {
    return Promise.reject(historyErrors.off());
  }
  trail(): Promise<never> {
    return Promise.reject(historyErrors.off());
  }
  fork(): Promise<void> {
    return Promise.reject(historyErrors.off());
  }
  async save(): Promise<Uint8Array> {
    return this.ram.slice();
  }
  async restore(): Promise<void> {}
  async digest(): Promise<string> {
    return '';
  }
  async dispose(): Promise<void> {
    this.disposed = true;
    this.running = false;
  }
}
