// The machine around one vCPU as its instructions see it: buses, APIC, MSRs, CPUID, time, hypercalls. Each access is an exit or not, as the execution model says.
import type { Chipset } from '../../devices/chipset';
import type { LocalApic } from '../../devices/local-apic/local-apic';
import { ApicRegisters } from '../../devices/local-apic/register-access';
import type { PvInterface } from '../../pv/interface';
import type { TraceRecorder } from '../../trace/recorder';
import { EXIT_REASON_ROWS, ExitReason, TraceKind } from '../../trace/rows';
import type { CpuEventKind, CpuHost, CpuidResult, QuickExitName, QuickExits, QuickHost } from '../../x86/cpu';
import { Vector } from '../../x86/fault';
import { PAGE_SIZE } from '../../x86/layout';
import type { Delivery } from '../../x86/system/delivery';
import type { EventWatch } from '../event-watch';
import type { Exits } from '../exits';
import { EVENT_EXITS } from '../exits.rows';
import type { GuestTime } from '../time/guest-time';
import type { VirtualTime } from '../time/virtual-time';
import { readApicMsr, writeApicMsr } from './apic-msrs';
import { CpuidAnswers } from './cpuid-answers';
import type { SerialInput } from './serial-input';
import type { Vcpu } from './vcpu';

export const TSC_HZ = 2_000_000_000;
const TSC_PER_NS_NUMBER = TSC_HZ / 1_000_000_000;
const TSC_PER_NS = BigInt(TSC_PER_NS_NUMBER);

// As constants: they are asked for at every instruction of their kind.
const {
  io: IO,
  cpuid: CPUID,
  rdtsc: RDTSC,
  iret: IRET,
  'cli-sti': CLI_STI,
  vmcall: VMCALL,
  rdmsr: RDMSR,
  wrmsr: WRMSR,
  mmio: MMIO,
} = ExitReason;
const { exception: EXCEPTION, 'page-fault': PAGE_FAULT, 'external-interrupt': EXTERNAL_INTERRUPT, injection: INJECTION } = ExitReason;
const QUICK_EXIT_NAMES: readonly QuickExitName[] = ['cpuid', 'io', 'vmcall'];
const APIC_ACCESS = ExitReason['apic-access'];
const EVENT_EXIT_INDEXES = Object.fromEntries(Object.entries(EVENT_EXITS).map(([kind, reason]) => [kind, ExitReason[reason]])) as Readonly<
  Record<CpuEventKind, number>
>;

const APIC_ENABLED = 1n << 11n;

export interface VcpuHostParts {
  readonly vcpu: Vcpu;
  readonly chipset: Chipset;
  readonly lapic: LocalApic;
  readonly exits: Exits;
  readonly watch: EventWatch;
  readonly pv: PvInterface | undefined;
  readonly serialInput: SerialInput;
  readonly serialPort: number;
  readonly time: VirtualTime;
  /** What TSCs count. */
  readonly clock: GuestTime;
  /** The CPU's own leaves. */
  cpuid(leaf: number, subleaf: number): CpuidResult;
  tscMoved(): void;
  readonly vm: number;
  readonly recorder: TraceRecorder;
  trace(
    kind: number,
    vcpu: number,
    durationNs: number,
    rip: bigint,
    f0?: number | bigint,
    f1?: number | bigint,
    f2?: number | bigint,
    f3?: number | bigint,
    f4?: number | bigint,
    f5?: number | bigint,
    f6?: number | bigint,
    f7?: number | bigint,
    f8?: number | bigint,
    f9?: number | bigint,
  ): void;
}

export class VcpuHost implements CpuHost {
  private readonly apic: ApicRegisters;
  private readonly leaves: CpuidAnswers;
  readonly quick: QuickHost;

  constructor(private readonly parts: VcpuHostParts) {
    const { chipset, clock, exits, pv, serialInput, serialPort, time, vcpu, vm, watch } = parts;
    // A paravirtual interface looks at the guest at each exit, and answers as it likes.
    const quickExits = pv === undefined ? this.quickExits(vm, vcpu.index) : undefined;
    this.quick = {
      interruptFlag: !exits.isExit(CLI_STI),
      interruptReturn: !exits.isExit(IRET),
      invlpg: !exits.isExit(EVENT_EXIT_INDEXES.invlpg),
      controlRead: !exits.isExit(EVENT_EXIT_INDEXES['cr-read']),
      controlWrite: !exits.isExit(EVENT_EXIT_INDEXES['cr-write']),
      get notesRoots() {
        return watch.notesPaging;
      },
      swapgs: !exits.isExit(EVENT_EXIT_INDEXES.swapgs),
      popFlags: !exits.isExit(EVENT_EXIT_INDEXES['popf-if']),
      get deliveries() {
        return !exits.isExit(EXCEPTION) && !watch.watchesFaults;
      },
      get pageFaults() {
        return !exits.isExit(PAGE_FAULT) && !watch.watchesFaults;
      },
      get softwareInterrupts() {
        return !exits.isExit(EVENT_EXIT_INDEXES.sensitive) && !watch.watchesInterrupts;
      },
      delivered: () => {
        vcpu.diverted = true;
      },
      timeStamp: !exits.isExit(RDTSC),
      tscPerNs: TSC_PER_NS_NUMBER,
      localNs: () => clock.ofHost(time.runningNs() ?? clock.lagNs),
      get latestNs() {
        return clock.ofHost(time.toldNs);
      },
      hasRead: (ns) => time.told(ns + clock.lagNs),
      get exits() {
        return watch.watchesExits ? undefined : quickExits;
      },
      exited: (times) => {
        for (const name of QUICK_EXIT_NAMES) {
          const n = times(name);
          if (n === 0) continue;
          vcpu.entity.account.hypervisorNs += exits.happened(ExitReason[name], n);
          watch.passed(vcpu, name);
        }
      },
      logged: (records, count) => parts.recorder.append(records, count),
      repeated: (record, times, ns, stepNs) => parts.recorder.repeat(record, times, ns, stepNs),
      plainPort: (port, size, write, value) => {
        const isSerial = port >= serialPort && port < serialPort + 8;
        if (isSerial && (write || !serialInput.isListening)) return false;
        return chipset.portBus.isPlain(port, size, write, value);
      },
      portWritten: (port, size, value) => chipset.portBus.write(port, size, value),
    };
    this.apic = new ApicRegisters(parts.lapic);
    this.leaves = new CpuidAnswers(vcpu.index, pv, (leaf, subleaf) => parts.cpuid(leaf, subleaf));
  }

  private quickExits(vm: number, vcpu: number): QuickExits {
    const { exits } = this.parts;
    const costs: Partial<Record<QuickExitName, { costNs: number; reason: number }>> = {};
    for (const name of QUICK_EXIT_NAMES) {
      const reason = ExitReason[name];
      if (exits.isExit(reason)) costs[name] = { costNs: exits.costOf(reason), reason };
    }
    return { kindAndVm: TraceKind['vm-exit'] | (vm << 16), exceptionKindAndVm: TraceKind.exception | (vm << 16), vcpu, costs };
  }

  /** One exit, if it is one here: what the guest left for the host in memory is looked at first, and put there again at the end. */
  private exit<T extends number | bigint | undefined>(
    index: number,
    a0: number | bigint,
    a1: number | bigint,
    a2: number | bigint,
    handler: () => T,
  ): T {
    const { exits, vcpu, pv, watch } = this.parts;
    if (!exits.isExit(index)) return handler();
    pv?.exited(vcpu.index);
    const startNs = vcpu.localNs();
    const rip = vcpu.rip();
    const costNs = exits.begin(vcpu, index);
    const result = handler();
    exits.end(vcpu, index, costNs, startNs, rip, a0, a1, a2, result ?? 0);
    watch.exited(vcpu, EXIT_REASON_ROWS[index]!.name, a0, a1, a2, result ?? 0);
    pv?.entering(vcpu.index);
    return result;
  }

  portIn(port: number, size: 1 | 2 | 4): number {
    const { exits, vcpu, pv, watch } = this.parts;
    if (!exits.isExit(IO)) return this.readPort(port, size);
    pv?.exited(vcpu.index);
    const startNs = vcpu.localNs();
    const rip = vcpu.rip();
    const costNs = exits.begin(vcpu, IO);
    const value = this.readPort(port, size);
    exits.end(vcpu, IO, costNs, startNs, rip, port, size, 0, value);
    watch.exited(vcpu, 'io', port, size, 0, value);
    pv?.entering(vcpu.index);
    return value;
  }
  private readPort(port: number, size: 1 | 2 | 4): number {
    const { chipset, serialInput, serialPort } = this.parts;
    if (port >= serialPort && port < serialPort + 8) serialInput.sawRead(port - serialPort);
    return chipset.portBus.read(port, size);
  }

  portOut(port: number, size: 1 | 2 | 4, value: number): void {
    const { exits, vcpu, pv, watch } = this.parts;
    if (!exits.isExit(IO)) {
      this.writePort(port, size, value);
      return;
    }
    pv?.exited(vcpu.index);
    const startNs = vcpu.localNs();
    const rip = vcpu.rip();
    const costNs = exits.begin(vcpu, IO);
    this.writePort(port, size, value);
    exits.end(vcpu, IO, costNs, startNs, rip, port, size, 1, value);
    watch.exited(vcpu, 'io', port, size, 1, value);
    pv?.entering(vcpu.index);
  }
  private writePort(port: number, size: 1 | 2 | 4, value: number): void {
    const { chipset, serialInput, serialPort } = this.parts;
    if (port >= serialPort && port < serialPort + 8) serialInput.sawWrite(port - serialPort, value);
    chipset.portBus.write(port, size, value);
  }

  private apicOffset(gpa: number): number | undefined {
    const base = this.parts.lapic.mmioBaseGpa;
    return base !== undefined && gpa >= base && gpa < base + PAGE_SIZE ? gpa - base : undefined;
  }

  mmioRead(gpa: number, size: 1 | 2 | 4): number {
    const offset = this.apicOffset(gpa);
    if (offset !== undefined) return this.exit(APIC_ACCESS, offset, 0, 0, () => this.apic.readMmio(offset, size));
    return this.exit(MMIO, gpa, size, 0, () => this.parts.chipset.mmioBus.read(gpa, size));
  }

  mmioWrite(gpa: number, size: 1 | 2 | 4, value: number): void {
    const offset = this.apicOffset(gpa);
    if (offset !== undefined) {
      this.exit(APIC_ACCESS, offset, value, 1, () => {
        this.apic.writeMmio(offset, size, value);
        return value;
      });
      return;
    }
    this.exit(MMIO, gpa, size, 1, () => {
      this.parts.chipset.mmioBus.write(gpa, size, value);
      return value;
    });
  }

  readMsr(index: number): bigint | undefined {
    return this.exit(RDMSR, index, 0, 0, () => {
      const { lapic, pv, vcpu } = this.parts;
      if (pv?.ownsMsr(index)) return pv.readMsr(vcpu.index, index);
      return readApicMsr(lapic, this.apic, index);
    });
  }

  writeMsr(index: number, value: bigint): boolean {
    return (
      this.exit(WRMSR, index, value, 0, () => {
        const { lapic, pv, vcpu } = this.parts;
        if (pv?.ownsMsr(index)) return pv.writeMsr(vcpu.index, index, value) ? 1 : 0;
        return writeApicMsr(lapic, this.apic, index, value) ? 1 : 0;
      }) === 1
    );
  }

  cpuid(leaf: number, subleaf: number): CpuidResult {
    const { exits, pv, vcpu, watch } = this.parts;
    if (!exits.isExit(CPUID)) return this.leaves.answer(leaf >>> 0, subleaf >>> 0);
    pv?.exited(vcpu.index);
    const startNs = vcpu.localNs();
    const rip = vcpu.rip();
    const costNs = exits.begin(vcpu, CPUID);
    const result = this.leaves.answer(leaf >>> 0, subleaf >>> 0);
    exits.end(vcpu, CPUID, costNs, startNs, rip, leaf, subleaf, 0, result.eax >>> 0);
    watch.exited(vcpu, 'cpuid', leaf, subleaf, 0, result.eax >>> 0);
    pv?.entering(vcpu.index);
    return result;
  }

  apicEnabled(): boolean {
    return (this.parts.lapic.apicBase & APIC_ENABLED) !== 0n;
  }

  hostTsc(): bigint {
    const { vcpu, exits } = this.parts;
    if (!exits.isExit(RDTSC)) return BigInt(vcpu.guestNowNs() * TSC_PER_NS_NUMBER);
    return this.exit(RDTSC, 0, 0, 0, () => BigInt(vcpu.guestNowNs()) * TSC_PER_NS);
  }

  tscMoved(): void {
    this.parts.tscMoved();
  }

  monitorWritten(): void {
    this.parts.vcpu.monitorWritten();
  }

  performanceInterrupt(): void {
    this.parts.lapic.performanceInterrupt();
  }

  numericError(): void {
    this.parts.chipset.coprocessorError.assertFerr();
  }

  hypercall(_instruction: 'vmcall' | 'vmmcall'): boolean {
    const { pv, vcpu, exits, trace, watch } = this.parts;
    const { state } = vcpu;
    if (pv === undefined) {
      this.exit(VMCALL, state.gpr(0), 0, 0, () => 0);
      return false;
    }
    const rip = vcpu.rip();
    pv.exited(vcpu.index);
    const costNs = exits.note('vmcall');
    vcpu.charge(costNs);
    const call = pv.hypercall(vcpu.index, state);
    const [a0 = 0n, a1 = 0n, a2 = 0n, a3 = 0n, a4 = 0n, a5 = 0n] = call.args;
    trace(
      TraceKind.hypercall,
      vcpu.index,
      costNs,
      rip,
      call.interfaceIndex,
      call.nr,
      call.cpl,
      a0,
      a1,
      a2,
      a3,
      a4,
      a5,
      BigInt.asUintN(64, call.result),
    );
    watch.calls(vcpu, call.nr);
    watch.exited(vcpu, 'vmcall', call.nr, a0, a1, BigInt.asUintN(64, call.result));
    pv.entering(vcpu.index);
    return true;
  }

  acknowledgeInterrupt(): number | undefined {
    const { lapic, pv, vcpu } = this.parts;
    pv?.exited(vcpu.index);
    const vector = pv?.takeInterrupt?.(vcpu.index) ?? (lapic.interruptPending ? lapic.acknowledge() : undefined);
    pv?.entering(vcpu.index);
    return vector;
  }

  readTpr(): number {
    return this.parts.lapic.tpr;
  }
  writeTpr(value: number): void {
    this.parts.lapic.tpr = value;
  }

  beforeDelivery(delivery: Delivery): boolean {
    return this.parts.watch.beforeDelivery(this.parts.vcpu, delivery);
  }

  accesses(what: 'msr' | 'port', number: number): void {
    this.parts.watch.accesses(this.parts.vcpu, what, number);
  }

  event(kind: CpuEventKind, a: bigint | number, b: bigint | number): void {
    const { exits, watch, vcpu } = this.parts;
    // Often, and seldom an exit; no stop is for them.
    if ((kind === 'iret' && !exits.isExit(IRET)) || (kind === 'cli-sti' && !exits.isExit(CLI_STI))) return;
    watch.happened(vcpu, kind, a, b);
    if (kind === 'exception') this.exception(Number(a), b);
    else if (kind === 'interrupt') this.interrupt(a, b);
    else {
      if (kind === 'nmi') {
        vcpu.diverted = true;
        this.parts.trace(TraceKind.nmi, vcpu.index, 0, vcpu.rip());
      }
      const index = EVENT_EXIT_INDEXES[kind];
      const writes = kind === 'cr-write' || kind === 'clts' || kind === 'lmsw';
      if (exits.isExit(index)) this.exit(index, a, b, writes ? 1 : 0, () => 0);
    }
  }

  private exception(vector: number, errorCode: bigint | number): void {
    const { vcpu, exits, trace } = this.parts;
    vcpu.diverted = true;
    const isPageFault = vector === Vector.PF;
    const cr2 = isPageFault ? vcpu.state.u64('cr2') : 0;
    trace(TraceKind.exception, vcpu.index, 0, vcpu.rip(), vector, errorCode, hasErrorCode(vector) ? 1 : 0, cr2);
    const index = isPageFault ? PAGE_FAULT : EXCEPTION;
    if (!exits.isExit(index)) return;
    if (isPageFault) this.exit(index, errorCode, cr2, 0, () => 0);
    else this.exit(index, vector, errorCode, 0, () => 0);
  }

  private interrupt(vector: bigint | number, b: bigint | number): void {
    const { vcpu, exits, trace } = this.parts;
    vcpu.diverted = true;
    const isExternal = exits.isExit(EXTERNAL_INTERRUPT);
    // One that is taken first comes with the entry.
    const withEntry = isExternal && vcpu.takeEntry();
    trace(TraceKind['interrupt-injected'], vcpu.index, 0, vcpu.rip(), vector);
    if (!withEntry) this.exit(isExternal ? EXTERNAL_INTERRUPT : INJECTION, vector, b, 0, () => 0);
  }
}

const hasErrorCode = (vector: number): boolean =>
  vector === Vector.DF || (vector >= Vector.TS && vector <= Vector.PF) || vector === Vector.AC || vector === Vector.CP;
