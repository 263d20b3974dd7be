// What KVM's interface sees of the machine (its KvmHost): memory, time, the account of steal, the scheduler, local APICs.
import type { Chipset } from '../../devices/chipset';
import type { GuestMemory, VirtualNs } from '../../devices/ports';
import type { KvmHost, KvmLocalApic } from '../../pv/kvm/host-port';
import { FLUSH_REASONS, TraceKind } from '../../trace/rows';
import { Activity } from '../../x86/layout';
import type { Scheduler } from '../sched/scheduler';
import type { Vcpu } from './vcpu';
import { TSC_HZ } from './vcpu-host';

export interface KvmPortParts {
  readonly memory: GuestMemory;
  readonly vcpus: readonly Vcpu[];
  readonly maxVcpus: number;
  readonly scheduler: Scheduler;
  readonly wallClockBaseSeconds: number;
  chipset(): Chipset;
  trace(kind: number, vcpu: number, f0?: number | bigint, f1?: number | bigint, f2?: number | bigint, f3?: number | bigint): void;
}

export class KvmPort implements KvmHost {
  readonly tscHz = TSC_HZ;
  readonly wallClockBaseNs: bigint;

  constructor(private readonly parts: KvmPortParts) {
    this.wallClockBaseNs = BigInt(parts.wallClockBaseSeconds) * 1_000_000_000n;
  }

  get memory(): GuestMemory {
    return this.parts.memory;
  }
  get vcpuCount(): number {
    return this.parts.maxVcpus;
  }

  private vcpu(index: number): Vcpu {
    return this.parts.vcpus[index]!;
  }

  nowNs(vcpu: number): VirtualNs {
    return this.vcpu(vcpu).guestNowNs();
  }
  guestTsc(vcpu: number): bigint {
    const each = this.vcpu(vcpu);
    return BigInt.asUintN(64, BigInt(each.guestNowNs()) * BigInt(TSC_HZ / 1_000_000_000) + each.state.u64('tscOffset'));
  }

  stealNs(vcpu: number): VirtualNs {
    const { entity } = this.vcpu(vcpu);
    return entity.account.ns('runnable', entity.account.sinceNs);
  }
  isWaiting(vcpu: number): boolean {
    return this.vcpu(vcpu).entity.account.state === 'runnable';
  }
  isHalted(vcpu: number): boolean {
    const { activity } = this.vcpu(vcpu);
    return activity === Activity.halted || activity === Activity.mwait;
  }

  vcpuOfApicId(apicId: number): number | undefined {
    return apicId < this.parts.vcpus.length ? apicId : undefined;
  }

  wakeFromHalt(vcpu: number, byVcpu: number): void {
    const target = this.vcpu(vcpu);
    target.leaveHalt();
    target.wake('kick', this.vcpu(byVcpu).nowNs());
  }

  sendIpi(_fromVcpu: number, toVcpu: number, icrLow: number): boolean {
    const lapic = this.parts.chipset().localApics[toVcpu];
    if (lapic === undefined) return false;
    return lapic.deliver({
      destination: lapic.apicId,
      wide: true,
      logical: false,
      delivery: ((icrLow >> 8) & 7) as 0,
      vector: icrLow & 0xff,
      levelTriggered: false,
    });
  }

  yieldTo(fromVcpu: number, toVcpu: number): boolean {
    const target = this.vcpu(toVcpu).entity;
    const from = this.vcpu(fromVcpu).entity;
    if (target.account.state !== 'runnable' || target.pcpu !== from.pcpu) return false;
    this.parts.scheduler.yield(from, target);
    return true;
  }

  flushTlb(vcpu: number): void {
    this.vcpu(vcpu).engine.flushTlb(vcpu);
    this.trace(TraceKind['tlb-flush'], vcpu, FLUSH_REASONS.indexOf('pv-deferred'));
  }

  localApic(vcpu: number): KvmLocalApic {
    const chipset = this.parts.chipset();
    const lapic = chipset.localApics[vcpu]!;
    return {
      highestInService: () => lapic.isrHighest()?.vector ?? -1,
      requestPending: () => lapic.irrHighest() !== undefined,
      needsBroadcast: () => lapic.isrHighest()?.levelTriggered === true,
      eoi: () => lapic.eoi(),
    };
  }

  trace(kind: number, vcpu: number, f0?: number | bigint, f1?: number | bigint, f2?: number | bigint, f3?: number | bigint): void {
    this.parts.trace(kind, vcpu, f0, f1, f2, f3);
  }
}
