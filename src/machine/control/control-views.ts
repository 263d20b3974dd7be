// Commands that look at a host: nothing changes.
import { Measurement } from '../compare/measurement';
import { compiledRegions, regionsAt } from '../compiled-regions';
import { devicesOf } from '../devices-view';
import { linearOf, physical, readBytes, type Translate } from '../memory-access';
import { mappedRangesOf, walkOf } from '../paging-view';
import { apicRegisters, paravirtRegisters } from '../platform-registers';
import { modeName, registerFile } from '../registers';
import { schedulingOf } from '../scheduling';
import { hostRunStates, hostStatistics } from '../statistics';
import { activityName } from '../vm/activity';
import { controlErrors } from './control-errors';
import { ControlRun } from './control-run';
import type { MachineDevices } from './devices-view';
import type { Measured, MeasureWish } from './measure-types';
import type { Learned, ProfileBatch, ProfileOptions } from './profile-types';
import type { CompiledRegion, CompiledRegions } from './region-types';
import type {
  HostStatistics,
  MappedRange,
  RegisterFile,
  RunStateBand,
  SchedulingInfo,
  ScreenView,
  Space,
  TracePage,
  TraceQuery,
  VcpuInfo,
  Walk,
} from './types';

export abstract class ControlViews extends ControlRun {
  vcpus(): VcpuInfo[] {
    return this.host.vms.flatMap((vm) =>
      vm.vcpus.map((vcpu) => {
        const { state } = vcpu;
        const rip = state.u64('rip');
        return {
          vm: vm.index,
          vcpu: vcpu.index,
          name: this.host.vms.length > 1 ? `${vm.config.name} · vCPU ${vcpu.index}` : `vCPU ${vcpu.index}`,
          runState: vcpu.entity.account.state,
          activity: activityName(vcpu.activity),
          hold: vcpu.entity.hold,
          vmHeld: vcpu.entity.vmHeld,
          rip,
          linearRip: BigInt.asUintN(64, state.segmentBase(1) + rip),
          cpl: state.u32('cpl'),
          mode: modeName(state.u32('mode')),
          position: this.host.positionOf(vcpu),
        };
      }),
    );
  }

  registers(vm: number, vcpu: number): RegisterFile {
    const file = registerFile(this.vcpu(vm, vcpu).state);
    const { chipset, pv } = this.vm(vm);
    const apic = chipset.localApics[vcpu]!;
    file.values.cr8 = BigInt(apic.cr8);
    Object.assign(file.values, apicRegisters(apic), paravirtRegisters(pv, vcpu));
    return file;
  }

  protected translator(vm: number, space: Space): Translate {
    if (space.kind === 'physical') return physical;
    const { engine } = this.vm(vm);
    const vcpu = this.vcpu(vm, space.vcpu);
    if (space.kind === 'virtual' && space.cr3 !== undefined) {
      const { cr3 } = space;
      return (linear) => walkOf(engine, vcpu.state, linear, cr3).result?.gpa;
    }
    return linearOf(engine, space.vcpu);
  }

  readMemory(vm: number, space: Space, address: bigint, length: number): Uint8Array {
    return readBytes(this.vm(vm).engine, address, length, this.translator(vm, space));
  }

  walk(vm: number, vcpu: number, linear: bigint): Walk {
    return walkOf(this.vm(vm).engine, this.vcpu(vm, vcpu).state, linear);
  }

  mappedRanges(vm: number, vcpu: number, start: bigint, limit: number, cr3?: bigint): { ranges: MappedRange[]; next: bigint | null } {
    return mappedRangesOf(this.vm(vm).engine, this.vcpu(vm, vcpu).state, start, limit, cr3);
  }

  get traceRing(): ArrayBufferLike {
    return this.host.recorder.buffer;
  }

  trace(query: TraceQuery): TracePage {
    const page = this.host.recorder.page(query);
    if (query.keep) this.traceReader.keepFrom((page.records.at(-1)?.seq ?? query.from - 1) + 1);
    else if (query.keep === false) this.traceReader.keepFrom(undefined);
    return page;
  }

  profile(options: ProfileOptions | null): void {
    if (options !== null && !(Number.isSafeInteger(options.every) && options.every > 0)) throw controlErrors.profileEvery(options.every);
    this.host.sampler.start(options);
  }

  profileSamples(learned?: Learned): ProfileBatch {
    return this.host.sampler.take(learned);
  }

  measure(wish: MeasureWish): void {
    this.measurement = new Measurement(this.host, wish);
  }

  measured(): Measured {
    if (this.measurement === undefined) throw controlErrors.notMeasured();
    return this.measurement.totals;
  }

  runStates(fromNs: number, toNs: number, limit: number): RunStateBand[] {
    return hostRunStates(this.host, fromNs, toNs, limit);
  }

  statistics(): HostStatistics {
    return hostStatistics(this.host);
  }

  compiledRegions(vm: number, counting?: boolean): CompiledRegions {
    const { engine } = this.vm(vm);
    if (counting !== undefined) engine.countRegions(counting);
    return compiledRegions(engine, this.host.config.tier ?? 'interpreter');
  }
  regionsAt(vm: number, linear: bigint): CompiledRegion[] {
    return regionsAt(this.vm(vm).engine, linear);
  }

  devices(vm: number): MachineDevices {
    this.vm(vm);
    return devicesOf(this.host, vm);
  }

  scheduling(): SchedulingInfo {
    return schedulingOf(this.host);
  }

  screen(vm: number): ScreenView {
    return this.vm(vm).screen();
  }
}
