// The vCPUs of an engine. The running one's state is at STATE, where emitted code has it; the others' are in their save areas.
import { assert } from '../../base/assert';
import type { Cpu, CpuHost } from '../../x86/cpu';
import { MONITOR_LINE_BYTES, ModeBit, MonitorBit, STATE, STATE_SIZE, VCPU_SAVE } from '../../x86/layout';
import type { CpuModel } from '../../x86/models/cpu-model';
import { updateMode } from '../../x86/system/mode';
import { VcpuState } from '../../x86/vcpu-state';
import type { AccessPath } from '../access';
import type { CodeCache } from '../code-cache';
import { physicalMemory } from '../physical-memory';
import { VcpuTlb } from '../tlb';
import { tlbContext } from '../tlb-context';
import { tlbControl } from '../tlb-control';
import { RUNNING_TLB } from '../tlb-layout';
import type { EngineMemory } from '../vm-memory';
import type { Watchpoints } from '../watchpoints';
import type { BreakpointPlaces } from './breakpoint-places';
import { forgetFetchPage } from './fetch-page';
import { GuestBreakpoints } from './guest-breakpoints';
import { PmuClock } from './pmu-clock';
import { LongTransfers } from './quick-transfers';
import type { StopPlaces } from './stop-places';
import { Vcpu } from './vcpu';

export class Vcpus {
  readonly all: readonly Vcpu[];
  private loaded = 0;

  constructor(
    private readonly memory: EngineMemory,
    private readonly access: AccessPath,
    private readonly cache: CodeCache,
    private readonly places: BreakpointPlaces,
    private readonly watchpoints: Watchpoints,
    hosts: readonly CpuHost[],
    count: number,
    private readonly model: CpuModel,
    private readonly stopPlaces: StopPlaces,
  ) {
    this.all = Array.from({ length: count }, (_, index) => this.make(index, hosts[index]));
  }

  private make(index: number, host: CpuHost | undefined): Vcpu {
    assert(host, `a host for vCPU ${index}`);
    const { memory, access } = this;
    const state = new VcpuState(memory.buffer, index === 0 ? STATE : VCPU_SAVE + index * STATE_SIZE);
    forgetFetchPage(memory, state);
    const breakpoints = new GuestBreakpoints(memory, state, this.places);
    const tlb = new VcpuTlb(memory, index, (offset) => this.cache.hasCode(offset), breakpoints.data, this.watchpoints, this.stopPlaces);
    breakpoints.onChange = () => tlb.rearmAll();
    const cpu: Cpu = {
      index,
      model: this.model,
      state,
      memory: access.linear,
      physical: physicalMemory(memory),
      tlb: tlbControl(access, memory),
      host,
      quick: new LongTransfers(memory, access),
      armMonitor: (linear) => this.armMonitor(state, linear),
      modeChanged: () => {
        const before = state.u32('mode');
        updateMode(state);
        // What CPL 3 may fetch from and what others may are told by different entries.
        if ((before ^ state.u32('mode')) & ModeBit.user) forgetFetchPage(memory, state);
        breakpoints.refresh();
      },
    };
    const pmu = new PmuClock(memory, state, () => host.performanceInterrupt?.());
    return new Vcpu(index, state, tlb, cpu, breakpoints, pmu);
  }

  private armMonitor(state: VcpuState, linear: bigint): void {
    const gpa = this.access.ramAddress(linear);
    state.setU64('monitor', gpa === undefined ? 0n : BigInt(gpa - (gpa % MONITOR_LINE_BYTES)) | MonitorBit.armed);
    this.cache.watchLines();
  }

  at(index: number): Vcpu {
    const vcpu = this.all[index];
    assert(vcpu, 'a vCPU of this VM');
    return vcpu;
  }
  get running(): Vcpu {
    return this.all[this.loaded]!;
  }
  /** Makes a vCPU the running one. */
  select(vcpu: Vcpu): void {
    if (vcpu.index !== this.loaded) {
      const { u8 } = this.memory;
      const old = this.running;
      const place = VCPU_SAVE + old.index * STATE_SIZE;
      u8.copyWithin(place, STATE, STATE + STATE_SIZE);
      old.state.base = place;
      u8.copyWithin(STATE, vcpu.state.base, vcpu.state.base + STATE_SIZE);
      vcpu.state.base = STATE;
      this.loaded = vcpu.index;
    }
    // The state may have been written from outside.
    vcpu.tlb.setContext(tlbContext(this.memory, STATE));
    vcpu.breakpoints.refresh();
    this.access.tlb = vcpu.tlb;
    this.memory.u32[RUNNING_TLB >> 2] = vcpu.tlb.header;
    this.access.breakpoints = vcpu.breakpoints.data;
    this.access.host = vcpu.cpu.host;
  }
}
