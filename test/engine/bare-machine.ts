// A CPU engine with RAM and nothing else, for tests: registers and memory can be set, code put anywhere and run. The host records what reaches it.

import type { EngineReturn, Tier } from '../../src/engine/cpu-engine';
import { HELPERS } from '../../src/engine/helpers';
import { WasmEngine } from '../../src/engine/wasm-engine';
import type { CpuEventKind, CpuHost, CpuidResult, Helper, QuickHost } from '../../src/x86/cpu';
import { Seg } from '../../src/x86/layout';
import type { CpuModel } from '../../src/x86/models/cpu-model';
import { updateMode } from '../../src/x86/system/mode';
import type { VcpuState } from '../../src/x86/vcpu-state';
import { everyFeature } from '../support/every-feature';
import { interpreterModule } from './interpreter-module';

export class TestHost implements CpuHost {
  readonly out: { port: number; size: number; value: number }[] = [];
  readonly mmio: { kind: 'read' | 'write'; gpa: number; size: number; value: number }[] = [];
  readonly events: { kind: CpuEventKind; a: bigint | number; b: bigint | number }[] = [];
  onIn: (port: number, size: number) => number = () => 0;
  onOut: (port: number, size: number, value: number) => void = (port, size, value) => void this.out.push({ port, size, value });
  onMmioRead: (gpa: number, size: number) => number = () => 0xffff_ffff;
  onMmioWrite: (gpa: number, size: number, value: number) => void = () => {};
  interrupt: () => number | undefined = () => undefined;
  tsc: () => bigint = () => 0n;
  cpuidResult: (leaf: number, subleaf: number) => CpuidResult = () => ({ eax: 0, ebx: 0, ecx: 0, edx: 0 });
  onHypercall: (instruction: 'vmcall' | 'vmmcall') => boolean = () => false;
  /** Where it is set: what the processor does by itself. */
  quick?: QuickHost;
  onEvent: (kind: CpuEventKind, a: bigint | number, b: bigint | number) => void = () => {};

  onPerformanceInterrupt: () => void = () => {};
  monitorWritten: () => void = () => {};

  performanceInterrupt(): void {
    this.onPerformanceInterrupt();
  }
  portIn(port: number, size: 1 | 2 | 4): number {
    return this.onIn(port, size);
  }
  portOut(port: number, size: 1 | 2 | 4, value: number): void {
    this.onOut(port, size, value);
  }
  mmioRead(gpa: number, size: 1 | 2 | 4): number {
    const value = this.onMmioRead(gpa, size);
    this.mmio.push({ kind: 'read', gpa, size, value });
    return value;
  }
  mmioWrite(gpa: number, size: 1 | 2 | 4, value: number): void {
    this.mmio.push({ kind: 'write', gpa, size, value });
    this.onMmioWrite(gpa, size, value);
  }
  readMsr(): bigint | undefined {
    return undefined;
  }
  writeMsr(): boolean {
    return false;
  }
  cpuid(leaf: number, subleaf: number): CpuidResult {
    return this.cpuidResult(leaf, subleaf);
  }
  hostTsc(): bigint {
    return this.tsc();
  }
  hypercall(instruction: 'vmcall' | 'vmmcall'): boolean {
    return this.onHypercall(instruction);
  }
  acknowledgeInterrupt(): number | undefined {
    return this.interrupt();
  }
  readTpr(): number {
    return 0;
  }
  writeTpr(): void {}
  event(kind: CpuEventKind, a: bigint | number, b: bigint | number): void {
    this.onEvent(kind, a, b);
  }
}

export interface BareOptions {
  tier?: Tier;
  ramSize?: number;
  vcpus?: number;
  sharedMemory?: boolean;
  regionProfile?: boolean;
  singleSteps?: boolean;
  /** Otherwise every feature that has rows. */
  model?: CpuModel;
  helpers?: Readonly<Record<string, Helper>>;
}

const FLAT_DATA = { access: 0xc093, limit: 0xffff_ffff, base: 0n };

/** Guest-physical places of the identity page tables that `longMode` makes: 1 GiB by 2 MiB pages. */
const PML4 = 0x1000;
const PDPT = 0x2000;
const PD = 0x3000;

export class BareMachine {
  readonly engine: WasmEngine;
  readonly hosts: TestHost[];

  constructor(options: BareOptions = {}) {
    const vcpus = options.vcpus ?? 1;
    this.hosts = Array.from({ length: vcpus }, () => new TestHost());
    const ramSize = options.ramSize ?? 4 << 20;
    this.engine = new WasmEngine(
      {
        vcpus,
        ramSize,
        maxRamSize: ramSize,
        pauseNs: 100,
        sharedMemory: options.sharedMemory ?? false,
        hosts: this.hosts,
        tier: options.tier ?? 'interpreter',
        regionProfile: options.regionProfile ?? false,
        singleSteps: options.singleSteps ?? false,
        model: options.model ?? everyFeature(),
      },
      { helpers: options.helpers ?? HELPERS, interpreter: interpreterModule(options.sharedMemory ?? false) },
    );
  }

  get host(): TestHost {
    return this.hosts[0]!;
  }
  get state(): VcpuState {
    return this.engine.state(0);
  }

  /** 32-bit protected mode, flat segments, paging off, as PVH enters a kernel. */
  protectedMode(vcpu = 0): VcpuState {
    const state = this.engine.state(vcpu);
    state.setU64('cr0', 0x11n);
    state.setU64('rflags', 2n);
    this.segments(state, 0xc09b);
    updateMode(state);
    return state;
  }
  private segments(state: VcpuState, codeAccess: number): void {
    for (const segment of [Seg.es, Seg.ss, Seg.ds, Seg.fs, Seg.gs]) state.setSegment(segment, { selector: 16, ...FLAT_DATA });
    state.setSegment(Seg.cs, { selector: 8, access: codeAccess, limit: 0xffff_ffff, base: 0n });
    state.setU32('activity', 0);
  }

  /** 64-bit mode, CPL 0, first GiB identity-mapped (present, writable, user) by tables at 0x1000 to 0x3fff. */
  longMode(vcpu = 0): VcpuState {
    const state = this.engine.state(vcpu);
    const { memory } = this.engine;
    const entry = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([value]).buffer);
    memory.write(PML4, entry(BigInt(PDPT) | 7n));
    memory.write(PDPT, entry(BigInt(PD) | 7n));
    for (let i = 0; i < 512; i++) memory.write(PD + i * 8, entry((BigInt(i) << 21n) | 0x87n));
    state.setU64('cr3', BigInt(PML4));
    state.setU64('cr4', 0x620n);
    state.setU64('efer', 0xd00n);
    state.setU64('cr0', 0x8001_0033n);
    state.setU64('rflags', 2n);
    this.segments(state, 0xa09b);
    updateMode(state);
    this.engine.flushTlb(vcpu);
    return state;
  }

  write(gpa: number, bytes: Uint8Array | readonly number[] | string): void {
    const data =
      typeof bytes === 'string'
        ? Uint8Array.from(bytes.replaceAll(' ', '').match(/../g) ?? [], (b) => Number.parseInt(b, 16))
        : Uint8Array.from(bytes);
    if (!this.engine.memory.write(gpa, data)) throw new Error(`no RAM at ${gpa}`);
  }
  read(gpa: number, length: number): Uint8Array {
    const bytes = this.engine.memory.read(gpa, length);
    if (!bytes) throw new Error(`no RAM at ${gpa}`);
    return bytes;
  }

  /** Runs `count` instructions in one go (border instructions in place). */
  run(count: number, vcpu = 0): EngineReturn {
    return this.engine.runThrough(vcpu, count);
  }
}
