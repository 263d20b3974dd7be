// What Xen's interface sees of the machine (its XenHost): memory and its frames, time, the account of run states, the scheduler, local APICs, the terminal.
import { type MemoryRange, memoryMap } from '../../boot/layout';
import type { Chipset } from '../../devices/chipset';
import type { GuestMemory, IrqLine, Timers, VirtualNs } from '../../devices/ports';
import type { CpuEngine } from '../../engine/cpu-engine';
import type { ShutdownReason, XenFrames, XenHost, XenRunStates } from '../../pv/xen/host-port';
import { SPECIAL_PAGES, XEN_RESERVED_BYTES } from '../../pv/xen/layout';
import { FLUSH_REASONS, TraceKind } from '../../trace/rows';
import { Activity, FRAME_TABLE_FRAMES, FrameKind, PAGE_SIZE, RAM_BASE } from '../../x86/layout';
import { RUN_STATES } from '../sched/run-state-account';
import type { Scheduler } from '../sched/scheduler';
import type { GuestTime } from '../time/guest-time';
import type { PowerRequests } from './power';
import type { Vcpu } from './vcpu';
import { TSC_HZ } from './vcpu-host';

/** Pins of the I/O APIC that are wires of their own for the callback of events. */
const FIRST_PIN = 3;
const PINS = 24;

export interface XenPortParts {
  readonly memory: GuestMemory;
  readonly memoryBytes: number;
  readonly name: string;
  readonly vmIndex: number;
  readonly vcpus: readonly Vcpu[];
  readonly scheduler: Scheduler;
  readonly timers: Timers;
  readonly clock: GuestTime;
  readonly power: PowerRequests;
  readonly wallClockBaseSeconds: number;
  engine(): CpuEngine;
  chipset(): Chipset;
  output(stream: 'hvc' | 'debug', byte: number): void;
  typed(byte: number): void;
  message(text: string): void;
  trace(kind: number, vcpu: number, f0?: number | bigint, f1?: number | bigint, f2?: number | bigint, f3?: number | bigint): void;
}

/** What the guest gets of a VM's memory, and the map that it is told. */
export const xenGuestBytes = (memoryBytes: number): number => memoryBytes - XEN_RESERVED_BYTES;
export const XEN_SPECIAL_RANGE: MemoryRange = { ...SPECIAL_PAGES, kind: 'reserved' };

export class XenPort implements XenHost {
  readonly tscHz = TSC_HZ;
  readonly wallClockBaseNs: bigint;
  readonly frames: XenFrames;
  readonly memoryMap: readonly MemoryRange[];
  readonly memory: GuestMemory;
  steps = 0;
  private lines: ReadonlyMap<number, IrqLine> = new Map();
  /** Messages that people have been told. */
  private readonly told = new Set<string>();

  constructor(private readonly parts: XenPortParts) {
    this.wallClockBaseNs = BigInt(parts.wallClockBaseSeconds) * 1_000_000_000n;
    this.memoryMap = memoryMap(xenGuestBytes(parts.memoryBytes), [XEN_SPECIAL_RANGE]);
    const step = (): void => {
      this.steps++;
    };
    this.frames = framesOf(() => parts.engine().memory, step);
    this.memory = {
      read: (gpa, length) => {
        step();
        return parts.memory.read(gpa, length);
      },
      write: (gpa, bytes) => {
        step();
        return parts.memory.write(gpa, bytes);
      },
    };
  }

  get timers(): Timers {
    return this.parts.timers;
  }
  get pages(): number {
    return this.parts.memoryBytes / PAGE_SIZE;
  }
  get vcpuCount(): number {
    return this.parts.vcpus.length;
  }
  get domainId(): number {
    return this.parts.vmIndex + 1;
  }
  get domainName(): string {
    return this.parts.name;
  }

  private vcpu(index: number): Vcpu {
    return this.parts.vcpus[index]!;
  }

  nowNs(vcpu: number): VirtualNs {
    return this.vcpu(vcpu).guestNowNs();
  }
  guestTsc(vcpu: number): bigint {
    const each = this.vcpu(vcpu);
    return BigInt.asUintN(64, BigInt(each.guestNowNs()) * BigInt(TSC_HZ / 1_000_000_000) + this.state(vcpu).u64('tscOffset'));
  }
  private state(vcpu: number) {
    return this.parts.engine().state(vcpu);
  }

  runStates(vcpu: number): XenRunStates {
    const { account } = this.vcpu(vcpu).entity;
    const { clock } = this.parts;
    // While its clocks stood still it was offline, and knows nothing of it.
    const ofGuest = (state: (typeof RUN_STATES)[number]): number =>
      account.ns(state, account.sinceNs) - (state === 'offline' ? clock.lagNs : 0);
    const ns = RUN_STATES.map(ofGuest) as [number, number, number, number];
    return { state: account.state, sinceNs: clock.ofHost(account.sinceNs), ns };
  }

  translate(vcpu: number, linear: bigint): { gpa: number; writable: boolean } | undefined {
    this.steps++;
    return this.parts.engine().translate(vcpu, linear);
  }
  instructionRip(vcpu: number): bigint {
    return this.parts.engine().instructionRip(vcpu);
  }

  isUp(vcpu: number): boolean {
    return this.state(vcpu).u32('activity') !== Activity.waitForSipi;
  }
  sleep(vcpu: number): void {
    this.state(vcpu).setU32('activity', Activity.halted);
  }
  wake(vcpu: number): void {
    const target = this.vcpu(vcpu);
    if (target.activity !== Activity.halted) return;
    target.leaveHalt();
    target.wake('event', target.nowNs());
  }
  yield(vcpu: number): void {
    this.parts.scheduler.yield(this.vcpu(vcpu).entity, undefined);
  }
  down(vcpu: number): void {
    const target = this.vcpu(vcpu);
    this.state(vcpu).setU32('activity', Activity.waitForSipi);
    this.parts.scheduler.park(target.entity, 'offline', target.nowNs());
  }
  up(vcpu: number): void {
    const target = this.vcpu(vcpu);
    this.state(vcpu).setU32('activity', Activity.running);
    target.wake('event', target.nowNs());
  }
  raiseNmi(vcpu: number): void {
    this.vcpu(vcpu).nmi();
  }
  flushTlb(vcpu: number): void {
    this.steps++;
    this.parts.engine().flushTlb(vcpu);
    this.trace(TraceKind['tlb-flush'], vcpu, FLUSH_REASONS.indexOf('hypercall'));
  }

  deliverVector(vcpu: number, vector: number): boolean {
    const lapic = this.parts.chipset().localApics[vcpu]!;
    return lapic.deliver({ destination: lapic.apicId, wide: true, logical: false, delivery: 0, vector, levelTriggered: false });
  }
  setCallbackLine(vcpu: number, level: boolean): void {
    this.vcpu(vcpu).callbackPending(level);
  }
  /** The board is there: the wires by which events may come. */
  attach({ irqs }: Chipset): void {
    this.lines = new Map(Array.from({ length: PINS - FIRST_PIN }, (_, i) => [FIRST_PIN + i, irqs.line(FIRST_PIN + i, '')]));
  }
  /** Other pins have no wire of ours: nothing happens. */
  setGsi(gsi: number, level: boolean): void {
    this.lines.get(gsi)?.set(level);
  }

  consoleOutput(byte: number): void {
    this.steps++;
    this.parts.output('hvc', byte);
  }
  emergencyOutput(byte: number): void {
    this.steps++;
    this.parts.output('debug', byte);
  }
  consoleInput(byte: number): void {
    this.parts.typed(byte);
  }
  shutdown(reason: ShutdownReason): void {
    const source = `Xen, SCHEDOP_shutdown: ${reason}`;
    if (reason === 'reboot' || reason === 'soft_reset') this.parts.power.reset(source);
    else if (reason === 'crash' || reason === 'watchdog') this.parts.power.crash(source);
    else this.parts.power.powerOff(source);
  }
  message(text: string): void {
    if (this.told.has(text)) return;
    this.told.add(text);
    this.parts.message(text);
  }
  trace(kind: number, vcpu: number, f0?: number | bigint, f1?: number | bigint, f2?: number | bigint, f3?: number | bigint): void {
    this.steps++;
    this.parts.trace(kind, vcpu, f0, f1, f2, f3);
  }
}

function framesOf(memory: () => CpuEngine['memory'], step: () => void): XenFrames {
  return {
    count: FRAME_TABLE_FRAMES,
    at(gfn) {
      const entry = memory().frame(gfn);
      if (entry & FrameKind.ram) return (((entry & -PAGE_SIZE) >>> 0) - RAM_BASE) / PAGE_SIZE;
      return entry & FrameKind.mmio ? 'device' : 'hole';
    },
    map: (gfn, page, readOnly) => {
      step();
      memory().setFrame(gfn, ((RAM_BASE + page * PAGE_SIZE) | FrameKind.ram | (readOnly ? FrameKind.readOnly : 0)) >>> 0);
    },
    unmap: (gfn) => {
      step();
      memory().setFrame(gfn, 0);
    },
    readPage: (page, offset, length) => {
      step();
      return memory().readPage(page, offset, length);
    },
    writePage: (page, offset, bytes) => {
      step();
      memory().writePage(page, offset, bytes);
    },
  };
}
