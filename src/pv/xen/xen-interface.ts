// Xen's paravirtual interface of one VM, as a PVH or HVM guest has it: CPUID, the hypercall page, hypercalls driven by the rows, and what it keeps in shared memory.
import type { SavedValue } from '../../base/saved';
import { INTERFACE_NAMES } from '../../trace/rows';
import type { CpuidResult } from '../../x86/cpu';
import { Gpr, ModeBit } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';
import type { HypercallFrame, HypercallOutcome, PvConsole, PvInterface } from '../interface';
import { dispatch } from './calls/dispatch';
import { xenCpuid } from './cpuid';
import { XenDomain } from './domain';
import { XenErrno } from './errno';
import { XEN_HYPERCALL_PAGE_MSR } from './features.rows';
import { GuestAccess } from './guest-access';
import type { XenHost } from './host-port';
import { writeHypercallPage } from './hypercall-page';
import { XEN_ROWS } from './rows';
import { runStatesAt, runStatesNow, writeRunState } from './run-state';

const INTERFACE_INDEX = INTERFACE_NAMES.indexOf('xen');
/** Registers of the number and the arguments (arch-x86/xen-x86_64.h, xen-x86_32.h). */
const WIDE_ARGS = [Gpr.rdi, Gpr.rsi, Gpr.rdx, Gpr.r10, Gpr.r8, Gpr.r9] as const;
const NARROW_ARGS = [Gpr.rbx, Gpr.rcx, Gpr.rdx, Gpr.rsi, Gpr.rdi, Gpr.rbp] as const;
const isWide = (state: VcpuState): boolean => (state.u32('mode') & ModeBit.code64) !== 0;

export class XenInterface implements PvInterface {
  readonly rows = XEN_ROWS;
  readonly domain: XenDomain;

  /** `onConsoleUsed`: the guest has written to its console ring for the first time. */
  constructor(
    private readonly host: XenHost,
    onConsoleUsed: () => void = () => {},
  ) {
    this.domain = new XenDomain(host, onConsoleUsed);
  }

  cpuid(vcpu: number, leaf: number, subleaf: number): CpuidResult | undefined {
    return xenCpuid(this.host, vcpu, leaf, subleaf);
  }

  ownsMsr(index: number): boolean {
    return index === XEN_HYPERCALL_PAGE_MSR;
  }
  readMsr(): bigint | undefined {
    return undefined;
  }
  writeMsr(_vcpu: number, _index: number, value: bigint): boolean {
    if (!writeHypercallPage(this.host.memory, value)) return false;
    this.domain.hypercallPage = value;
    return true;
  }

  decode(state: VcpuState): HypercallFrame {
    const wide = isWide(state);
    const read = (register: number): bigint => BigInt.asUintN(wide ? 64 : 32, state.gpr(register));
    return {
      interface: XEN_ROWS.name,
      interfaceIndex: INTERFACE_INDEX,
      // Only the low half counts (hvm_hypercall).
      nr: BigInt.asUintN(32, state.gpr(Gpr.rax)),
      args: (wide ? WIDE_ARGS : NARROW_ARGS).map(read),
      cpl: state.u32('cpl'),
    };
  }

  hypercall(vcpu: number, state: VcpuState): HypercallOutcome {
    this.domain.awake(vcpu);
    const frame = this.decode(state);
    const wide = isWide(state);
    if (frame.cpl !== 0) return this.answer(state, frame, wide, XenErrno.EPERM);
    const guest = new GuestAccess(this.host, vcpu, wide);
    const result = dispatch({ domain: this.domain, vcpu, args: frame.args, guest, nested: false }, frame.nr);
    if (typeof result === 'bigint') return this.answer(state, frame, wide, result);
    // The instruction is made again, with what is left to do.
    const registers = wide ? WIDE_ARGS : NARROW_ARGS;
    for (const [i, value] of result.again.entries()) {
      if (wide) state.setGpr(registers[i]!, BigInt.asUintN(64, value));
      else state.setGpr32(registers[i]!, Number(BigInt.asUintN(32, value)));
    }
    state.setU64('rip', this.host.instructionRip(vcpu));
    return { ...frame, result: XenErrno.ERESTART };
  }

  private answer(state: VcpuState, frame: HypercallFrame, wide: boolean, result: bigint): HypercallOutcome {
    if (wide) state.setGpr(Gpr.rax, result);
    else state.setGpr32(Gpr.rax, Number(BigInt.asUintN(32, result)));
    return { ...frame, result };
  }

  scheduledIn(vcpu: number): void {
    const { domain, host } = this;
    domain.awake(vcpu);
    writeRunState(host, vcpu, domain.vcpus[vcpu]!, runStatesNow(host, vcpu), domain.runStateUpdateFlag);
    domain.timers[vcpu]!.scheduledIn();
  }

  scheduledOut(vcpu: number, preempted: boolean): void {
    const { domain, host } = this;
    const data = domain.vcpus[vcpu]!;
    const next = preempted ? 'runnable' : host.isUp(vcpu) ? 'blocked' : 'offline';
    writeRunState(host, vcpu, data, runStatesAt(host, vcpu, next), domain.runStateUpdateFlag);
    domain.timers[vcpu]!.scheduledOut();
  }

  haltReturns(): boolean {
    return false;
  }

  /** It sleeps by a hypercall, which is no exit of its own. */
  sleepsByCall(vcpu: number): boolean {
    return this.domain.vcpus[vcpu]!.waitsIn !== 'none';
  }

  get console(): PvConsole {
    return this.domain.console;
  }

  get listensToPowerButton(): boolean {
    return this.domain.listensToShutdown;
  }
  pressPowerButton(): void {
    this.domain.requestShutdown();
  }

  takeInterrupt(vcpu: number): number | undefined {
    this.domain.awake(vcpu);
    return this.domain.upcalls.takeInterrupt(vcpu);
  }

  exited(vcpu: number): void {
    this.domain.upcalls.settle(vcpu);
  }
  entering(vcpu: number): void {
    this.domain.upcalls.retry(vcpu);
  }

  tscChanged(vcpu: number): void {
    this.domain.clock.update(vcpu);
  }

  /** INIT. */
  reset(vcpu: number): void {
    this.domain.vcpus[vcpu]!.isDown = false;
    this.domain.awake(vcpu);
  }

  powerOn(): void {
    this.domain.powerOn();
  }

  quiet(): void {
    this.domain.quiet();
  }

  save(): SavedValue {
    return this.domain.save();
  }
  restore(state: SavedValue): void {
    this.domain.restore(state);
  }
}
