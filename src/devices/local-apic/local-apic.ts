// The local APIC of one vCPU (SDM vol 3, chapter 10; newer editions count it 11 or 12 with the same sections): accepts and orders
// interrupts and ends them. Register access is in register-access.ts; the parts in priority.ts, timer.ts, local-vector-table.ts,
// icr.ts and error-status.ts have a state of their own.
import type { SavedValue } from '../../base/saved';
import type { DeviceDescription } from '../describe';
import { type DeviceState, restoreState, saveState } from '../device-state';
import type { CpuSignals, Device } from '../ports';
import type { TickCount } from '../ticks';
import { type ApicMode, apicBaseGpa, apicBaseWriteAllowed, apicMode } from './apic-base';
import type { ApicBus } from './apic-bus';
import { describeLocalApic } from './describe';
import { addressedBy, x2apicLdr } from './destination';
import type { EoiObserver } from './eoi-observer';
import { ErrorStatus, initialErrors } from './error-status';
import { InterruptCommand, initialIcr } from './icr';
import { LocalVectorTable, LVT_ENTRY } from './local-vector-table';
import { type ApicMessage, DELIVERY, type DeliveryMode } from './messages';
import { highest, InterruptPriority, includes, initialPriority } from './priority';
import * as R from './registers';
import { ApicTimer, type ApicTimerPorts } from './timer';

export interface LocalApicPorts extends ApicTimerPorts {
  readonly vcpuName: string;
  readonly apicId: number;
  readonly isBsp: boolean;
  readonly physicalAddressBits: number;
  readonly signals: CpuSignals;
  readonly bus: ApicBus;
  readonly ticks: TickCount;
  /** The INTA cycle of the PIC behind LINT0: gives the vector. */
  readonly acknowledgeExtInt: () => number;
  /** The processor has taken an interrupt: there is room for the next of its vector. */
  readonly onTaken: () => void;
  /** The MMIO page moved, appeared or vanished: see mmioBaseGpa. */
  readonly onBaseChanged?: () => void;
}

type State = DeviceState & {
  base: bigint;
  ldr: number;
  dfr: number;
  svr: number;
  /** An ExtINT message of the I/O APIC waits. */
  extIntMessage: boolean;
  /** The level of INTR that the vCPU was told. */
  signalled: boolean;
};

export class LocalApic implements Device {
  readonly name: string;
  readonly apicId: number;
  readonly timer: ApicTimer;
  readonly icr: InterruptCommand;
  readonly errors = new ErrorStatus(() => this.vectors.fire(LVT_ENTRY.error));
  private readonly vectors: LocalVectorTable;
  private readonly state: State;
  private readonly priority = new InterruptPriority();
  private eoiObserver: EoiObserver | undefined;

  constructor(private readonly ports: LocalApicPorts) {
    this.name = `${ports.vcpuName}.lapic`;
    this.apicId = ports.apicId;
    this.timer = new ApicTimer(this.name, ports, () => this.tick(), ports.ticks);
    this.vectors = new LocalVectorTable({
      isBsp: ports.isBsp,
      softwareEnabled: () => this.softwareEnabled,
      deliver: (delivery, vector, levelTriggered) => {
        this.beforeUse();
        this.accept(delivery, vector, levelTriggered);
      },
    });
    this.icr = new InterruptCommand({
      send: (message, shorthand) => ports.bus.send(message, shorthand, this),
      logError: (error) => this.errors.log(error),
    });
    this.state = this.initialState();
    ports.bus.attach(this);
  }

  /** 10.4.7.1: power-up or reset. */
  reset(): void {
    Object.assign(this.state, this.initialState());
    this.clear();
    this.ports.signals.interruptPending(false);
    this.ports.onBaseChanged?.();
  }

  save(): SavedValue {
    return {
      registers: saveState(this.state),
      priority: saveState(this.priority.state),
      vectors: this.vectors.save(),
      icr: saveState(this.icr.state),
      errors: saveState(this.errors.state),
      timer: this.timer.save(),
    };
  }

  restore(saved: SavedValue): void {
    const parts = saved as Record<'registers' | 'priority' | 'vectors' | 'icr' | 'errors' | 'timer', SavedValue>;
    restoreState(this.name, this.state, parts.registers);
    restoreState(this.name, this.priority.state, parts.priority);
    this.vectors.restore(parts.vectors);
    restoreState(this.name, this.icr.state, parts.icr);
    restoreState(this.name, this.errors.state, parts.errors);
    this.timer.restore(parts.timer);
    this.ports.onBaseChanged?.();
  }

  describe(): DeviceDescription {
    return describeLocalApic(this);
  }

  setEoiObserver(observer: EoiObserver | undefined): void {
    this.eoiObserver = observer;
  }

  // --- what a paravirtual EOI needs ---

  /** The interrupt in service that the next EOI ends. */
  isrHighest(): { vector: number; levelTriggered: boolean } | undefined {
    const vector = highest(this.priority.state.isr);
    return vector === undefined ? undefined : { vector, levelTriggered: includes(this.priority.state.tmr, vector) };
  }

  /** The highest requested vector, whether or not its priority suffices. */
  irrHighest(): number | undefined {
    return highest(this.priority.state.irr);
  }

  isRequested(vector: number): boolean {
    return includes(this.priority.state.irr, vector);
  }

  /** 10.8.5: ends the highest interrupt in service. */
  eoi(): void {
    const ended = this.priority.endOfInterrupt();
    if (ended === undefined) return;
    if (ended.levelTriggered) {
      this.vectors.endOfInterrupt(ended.vector);
      this.ports.bus.broadcastEoi(ended.vector);
    }
    this.updateIntr();
  }

  /** A write of the EOI register. */
  writeEoi(): void {
    const ending = this.isrHighest();
    if (ending !== undefined) this.ports.bus.observer?.onEnded(this.apicId, ending.vector);
    this.eoi();
  }

  // --- the processor's side ---

  get mode(): ApicMode {
    return apicMode(this.state.base);
  }

  /** Where the register page is; undefined where there is none (disabled, x2APIC). */
  get mmioBaseGpa(): number | undefined {
    return this.mode === 'xapic' ? apicBaseGpa(this.state.base) : undefined;
  }

  get apicBase(): bigint {
    return this.state.base;
  }

  /** WRMSR of IA32_APIC_BASE; false is #GP(0). */
  writeApicBase(value: bigint): boolean {
    const before = this.state.base;
    if (!apicBaseWriteAllowed(before, value, this.ports.physicalAddressBits)) return false;
    this.beforeUse();
    this.state.base = value;
    if (apicMode(before) !== 'disabled' && this.mode === 'disabled') this.initialise(); // 10.4.3: as after power-up when enabled again
    this.updateIntr();
    if (before !== value) this.ports.onBaseChanged?.();
    return true;
  }

  get cr8(): number {
    return this.priority.state.tpr >> 4;
  }

  set cr8(value: number) {
    this.tpr = value << 4;
  }

  /** The vector of the own interrupt that would be taken now; an ExtINT has none before it is acknowledged. */
  pendingVector(): number | undefined {
    return this.mode === 'disabled' ? undefined : this.priority.deliverable;
  }

  /** An interrupt waits whose priority suffices. */
  get interruptPending(): boolean {
    return this.extIntPending || this.pendingVector() !== undefined;
  }

  /** The processor takes the interrupt: the vector, or the spurious one where the request has gone (10.9). */
  acknowledge(): number {
    this.beforeUse();
    if (this.extIntPending) {
      this.state.extIntMessage = false;
      const vector = this.ports.acknowledgeExtInt();
      this.updateIntr();
      return vector;
    }
    const vector = this.pendingVector();
    if (vector === undefined) return this.state.svr & 0xff;
    this.priority.acknowledge(vector);
    if (vector === this.timerVector && this.timer.giveOwed()) this.vectors.fire(LVT_ENTRY.timer);
    this.ports.onTaken();
    this.updateIntr();
    this.eoiObserver?.onAcknowledge(vector, includes(this.priority.state.tmr, vector));
    return vector;
  }

  // --- wires and messages ---

  performanceInterrupt(): void {
    this.vectors.performanceInterrupt();
  }

  setLint0(level: boolean): void {
    const rising = this.vectors.setPin('lint0', level);
    if (rising && this.mode !== 'disabled') this.vectors.fire(LVT_ENTRY.lint0);
    this.updateIntr();
  }

  /** LINT1 is the NMI wire where the APIC is disabled. */
  setLint1(level: boolean): void {
    if (!this.vectors.setPin('lint1', level)) return;
    if (this.mode === 'disabled') this.ports.signals.nmi();
    else this.vectors.fire(LVT_ENTRY.lint1);
  }

  isAddressedBy(message: ApicMessage): boolean {
    const { mode } = this;
    const id = mode === 'x2apic' ? this.apicId : this.apicId & 0xff;
    return addressedBy(message, { mode, id, ldr: this.ldr, dfr: this.state.dfr });
  }

  get softwareEnabled(): boolean {
    return this.mode !== 'disabled' && (this.state.svr & R.SVR_ENABLED) !== 0;
  }

  get processorPriority(): number {
    return this.priority.ppr;
  }

  /** True where the message was accepted. A software-disabled APIC still takes INIT, NMI, SMI and SIPI (10.4.7.2). */
  deliver(message: ApicMessage, fromApicId?: number): boolean {
    this.beforeUse();
    const usesVector = message.delivery === DELIVERY.fixed || message.delivery === DELIVERY.lowestPriority;
    if (usesVector && !this.softwareEnabled) return false;
    return this.accept(message.delivery, message.vector, message.levelTriggered, fromApicId);
  }

  // --- registers, for register-access.ts ---

  beforeUse(): void {
    this.eoiObserver?.beforeUse();
  }

  get tpr(): number {
    return this.priority.state.tpr;
  }

  set tpr(value: number) {
    this.beforeUse();
    this.priority.state.tpr = value & 0xff;
    this.updateIntr();
  }

  get ldr(): number {
    return this.mode === 'x2apic' ? x2apicLdr(this.apicId) : this.state.ldr;
  }

  set ldr(value: number) {
    this.state.ldr = (value & R.LDR_WRITABLE) >>> 0;
  }

  get dfr(): number {
    return this.state.dfr;
  }

  set dfr(value: number) {
    this.state.dfr = (value | 0x0fffffff) >>> 0;
  }

  get svr(): number {
    return this.state.svr;
  }

  /** 10.4.7.2: disabling masks every LVT entry; requests already there stay. */
  set svr(value: number) {
    this.state.svr = value & R.SVR_WRITABLE;
    if (!this.softwareEnabled) {
      this.vectors.maskAll();
      this.timer.setLvt(this.vectors.read(LVT_ENTRY.timer));
    }
    this.updateIntr();
  }

  /** A word of IRR, ISR or TMR. */
  vectorWord(set: 'irr' | 'isr' | 'tmr', word: number): number {
    return this.priority.state[set][word]!;
  }

  lvt(entry: number): number {
    return this.vectors.read(entry);
  }

  writeLvt(entry: number, value: number): void {
    this.vectors.write(entry, value);
    if (entry === LVT_ENTRY.timer) this.timer.setLvt(this.vectors.read(entry));
    this.updateIntr();
  }

  // --- inside ---

  private initialState(): State {
    const bsp = this.ports.isBsp;
    return {
      base: BigInt(R.APIC_DEFAULT_BASE_GPA) | BigInt(R.APIC_BASE_EN | (bsp ? R.APIC_BASE_BSP : 0)),
      ...this.initialRegisters(),
      extIntMessage: false,
      signalled: false,
    };
  }

  private initialRegisters() {
    return { ldr: 0, dfr: R.DFR_RESET, svr: R.SVR_RESET };
  }

  private clear(): void {
    Object.assign(this.priority.state, initialPriority());
    Object.assign(this.icr.state, initialIcr());
    Object.assign(this.errors.state, initialErrors());
    this.timer.reset();
    this.vectors.reset();
  }

  /** 10.4.7.3: INIT gives power-up values, except for the id and IA32_APIC_BASE. */
  private initialise(): void {
    Object.assign(this.state, this.initialRegisters(), { extIntMessage: false });
    this.clear();
    this.updateIntr();
  }

  private accept(delivery: DeliveryMode, vector: number, levelTriggered: boolean, fromApicId?: number): boolean {
    const { signals } = this.ports;
    switch (delivery) {
      case DELIVERY.fixed:
      case DELIVERY.lowestPriority:
        return this.request(vector, levelTriggered, fromApicId);
      case DELIVERY.smi:
        signals.smi();
        return true;
      case DELIVERY.nmi:
        signals.nmi();
        return true;
      case DELIVERY.init:
        this.initialise();
        signals.init();
        return true;
      case DELIVERY.startup:
        signals.startup(vector);
        return true;
      case DELIVERY.extInt:
        this.state.extIntMessage = true;
        this.updateIntr();
        return true;
      default:
        return false;
    }
  }

  private request(vector: number, levelTriggered: boolean, fromApicId: number | undefined): boolean {
    if (vector < R.FIRST_LEGAL_VECTOR) {
      this.errors.log(R.ESR_RECEIVE_ILLEGAL_VECTOR);
      return false;
    }
    this.priority.request(vector, levelTriggered);
    this.ports.bus.observer?.onAccepted(this.apicId, vector, levelTriggered, fromApicId);
    this.updateIntr();
    return true;
  }

  private get timerVector(): number {
    return this.vectors.read(LVT_ENTRY.timer) & 0xff;
  }

  /** The timer's interrupt. False: the one before is still requested, and they become one. */
  private tick(): boolean {
    this.beforeUse();
    const taken = !this.isRequested(this.timerVector);
    this.vectors.fire(LVT_ENTRY.timer);
    return taken;
  }

  private get extIntPending(): boolean {
    if (this.mode === 'disabled') return this.vectors.lint0; // LINT0 is the INTR wire then (10.4.3)
    return this.state.extIntMessage || (this.vectors.extIntWired && this.vectors.lint0);
  }

  private updateIntr(): void {
    const pending = this.interruptPending;
    if (pending === this.state.signalled) return;
    this.state.signalled = pending;
    this.ports.signals.interruptPending(pending);
  }
}
