// KVM's paravirtual interface of one VM: CPUID, MSRs and hypercalls driven by the rows, and the areas it keeps in guest memory.
import { assert } from '../../base/assert';
import type { SavedValue } from '../../base/saved';
import { INTERFACE_NAMES, TraceKind } from '../../trace/rows';
import type { CpuidResult } from '../../x86/cpu';
import { Gpr, ModeBit } from '../../x86/layout';
import type { VcpuState } from '../../x86/vcpu-state';
import { gpaOf } from '../guest-words';
import type { HypercallFrame, HypercallOutcome, PvInterface } from '../interface';
import type { HypercallRow, MsrRow } from '../types.rows';
import { KVM_CALL_HANDLERS } from './calls';
import { KvmErrno } from './errno';
import { KvmFeatures } from './features';
import type { KvmHost } from './host-port';
import { KVM_MSR_HANDLERS, type KvmMsrContext } from './msrs';
import { pvEoiAtEntry, pvEoiAtExit } from './pv-eoi';
import { timeScale, writePvclock } from './pvclock';
import { KVM_ROWS } from './rows';
import { markPreempted, recordSteal } from './steal-time';
import { type KvmVcpuData, MSR_ENABLED, newVcpuData, resetVcpuData, restoreVcpuData, saveVcpuData } from './vcpu-data';

export interface KvmOptions {
  /** Features to hide from the guest, by name. */
  without?: readonly string[];
}

export class KvmInterface implements PvInterface {
  readonly rows = KVM_ROWS;
  private readonly features: KvmFeatures;
  private readonly calls: ReadonlyMap<bigint, HypercallRow>;
  private readonly msrs: ReadonlyMap<number, MsrRow>;
  private readonly vcpus: KvmVcpuData[];
  private readonly wallClock = { value: 0n };
  /** vCPU 0 set its clock page through MSR 0x12: the stable flag is then off (kvm->arch.boot_vcpu_runs_old_kvmclock). */
  private bootUsesOldClock = false;

  constructor(
    private readonly host: KvmHost,
    options: KvmOptions = {},
  ) {
    this.features = new KvmFeatures(options.without);
    this.calls = new Map(KVM_ROWS.hypercalls.map((row) => [BigInt(row.nr), row]));
    this.msrs = new Map(KVM_ROWS.msrs.map((row) => [row.index, row]));
    this.vcpus = Array.from({ length: host.vcpuCount }, newVcpuData);
  }

  private data(vcpu: number): KvmVcpuData {
    const data = this.vcpus[vcpu];
    assert(data !== undefined, `vCPU ${vcpu}`);
    return data;
  }

  cpuid(_vcpu: number, leaf: number): CpuidResult | undefined {
    return this.features.cpuid(leaf);
  }

  ownsMsr(index: number): boolean {
    return this.msrs.has(index);
  }

  readMsr(vcpu: number, index: number): bigint | undefined {
    const row = this.msrs.get(index);
    if (row?.state !== 'works' || !this.features.has(row.feature)) return undefined;
    return KVM_MSR_HANDLERS[row.name]?.read(this.msrContext(vcpu));
  }

  writeMsr(vcpu: number, index: number, value: bigint): boolean {
    const row = this.msrs.get(index);
    if (row?.state !== 'works' || !this.features.has(row.feature)) return false;
    return KVM_MSR_HANDLERS[row.name]?.write(this.msrContext(vcpu), value) ?? false;
  }

  private msrContext(vcpu: number): KvmMsrContext {
    const data = this.data(vcpu);
    return {
      host: this.host,
      vcpu,
      data,
      wallClock: this.wallClock,
      setSystemTime: (value, old) => {
        data.systemTime = value;
        const changed = vcpu === 0 && this.bootUsesOldClock !== old;
        if (changed) this.bootUsesOldClock = old;
        for (let each = 0; each < this.vcpus.length; each++) if (each === vcpu || changed) this.updateClock(each);
      },
      stealChanged: () => recordSteal(this.host, vcpu, data, this.features.has('PV_TLB_FLUSH')),
    };
  }

  private updateClock(vcpu: number, stopped = false): void {
    const { systemTime } = this.data(vcpu);
    if (!(systemTime & MSR_ENABLED)) return;
    const host = this.host;
    const gpa = gpaOf(systemTime & ~MSR_ENABLED);
    const tsc = host.guestTsc(vcpu);
    const systemTimeNs = host.nowNs(vcpu);
    const stable = !this.bootUsesOldClock && this.features.has('CLOCKSOURCE_STABLE');
    const version = writePvclock(host.memory, gpa, { tsc, systemTimeNs, scale: timeScale(host.tscHz), stable, stopped });
    if (version !== undefined) host.trace(TraceKind['pvclock-update'], vcpu, gpa, version, tsc, systemTimeNs);
  }

  decode(state: VcpuState): HypercallFrame {
    const width = state.u32('mode') & ModeBit.code64 ? 64 : 32;
    const read = (register: number): bigint => BigInt.asUintN(width, state.gpr(register));
    return {
      interface: KVM_ROWS.name,
      interfaceIndex: INTERFACE_NAMES.indexOf('kvm'),
      nr: read(Gpr.rax),
      args: [read(Gpr.rbx), read(Gpr.rcx), read(Gpr.rdx), read(Gpr.rsi)],
      cpl: state.u32('cpl'),
    };
  }

  hypercall(vcpu: number, state: VcpuState): HypercallOutcome {
    const frame = this.decode(state);
    const wide = (state.u32('mode') & ModeBit.code64) !== 0;
    const result = this.call(vcpu, frame, wide);
    if (wide) state.setGpr(Gpr.rax, result);
    else state.setGpr32(Gpr.rax, Number(BigInt.asUintN(32, result)));
    return { ...frame, result };
  }

  private call(vcpu: number, frame: HypercallFrame, wide: boolean): bigint {
    if (frame.cpl !== 0) return KvmErrno.EPERM;
    const row = this.calls.get(frame.nr);
    if (row?.state !== 'works' || !this.features.has(row.feature)) return KvmErrno.ENOSYS;
    const handler = KVM_CALL_HANDLERS[row.name];
    assert(handler !== undefined, `hypercall ${row.name} works and has no handler`);
    const args = frame.args as readonly [bigint, bigint, bigint, bigint];
    return handler({ host: this.host, vcpu, dataOf: (target) => this.data(target), args, wide });
  }

  scheduledIn(vcpu: number): void {
    recordSteal(this.host, vcpu, this.data(vcpu), this.features.has('PV_TLB_FLUSH'));
  }

  scheduledOut(vcpu: number, preempted: boolean): void {
    if (preempted) markPreempted(this.host, this.data(vcpu));
  }

  haltReturns(vcpu: number): boolean {
    const data = this.data(vcpu);
    const returns = data.unhalted;
    data.unhalted = false;
    return returns;
  }

  exited(vcpu: number): void {
    pvEoiAtExit(this.host, vcpu, this.data(vcpu));
  }

  entering(vcpu: number): void {
    pvEoiAtEntry(this.host, vcpu, this.data(vcpu));
  }

  /** KVM_KVMCLOCK_CTRL: the guest's watchdogs are not to take the gap for a lockup. */
  guestStopped(): void {
    for (let vcpu = 0; vcpu < this.vcpus.length; vcpu++) this.updateClock(vcpu, true);
  }

  tscChanged(vcpu: number): void {
    this.updateClock(vcpu);
  }

  reset(vcpu: number): void {
    resetVcpuData(this.data(vcpu));
  }

  save(): SavedValue {
    return { wallClock: this.wallClock.value, bootUsesOldClock: this.bootUsesOldClock, vcpus: this.vcpus.map(saveVcpuData) };
  }

  restore(state: SavedValue): void {
    const saved = state as { wallClock: bigint; bootUsesOldClock: boolean; vcpus: readonly SavedValue[] };
    assert(saved.vcpus.length === this.vcpus.length, 'KVM state of another number of vCPUs');
    this.wallClock.value = saved.wallClock;
    this.bootUsesOldClock = saved.bootUsesOldClock;
    for (const [vcpu, each] of saved.vcpus.entries()) restoreVcpuData(this.data(vcpu), each);
  }
}
