// The vCPUs of an engine. The running one's state is at STATE, where emitted code has it; the others' are in their save areas.
import { assert } from '../../base/assert';
import type { Cpu, CpuHost } from '../../x86/cpu';
import { STATE, STATE_SIZE, VCPU_SAVE } from '../../x86/layout';
import type { CpuModel } from '../../x86/models/cpu-model';
import { updateMode } from '../../x86/system/mode';
import { VcpuState } from '../../x86/vcpu-state';
import type { AccessPath } from '../access';
import type { CodeCache } from '../code-cache';
import { VcpuTlb } from '../tlb';
import type { EngineMemory } from '../vm-memory';
import { forgetFetchPage } from './fetch-page';
import { Vcpu } from './vcpu';

export class Vcpus {
  readonly all: readonly Vcpu[];
  private loaded = 0;

  constructor(
    private readonly memory: EngineMemory,
    private readonly access: AccessPath,
    private readonly cache: CodeCache,
    hosts: readonly CpuHost[],
    count: number,
    private readonly model: CpuModel,
  ) {
    this.all = Array.from({ length: count }, (_, index) => this.make(index, hosts[index]));
  }

  private make(index: number, host: CpuHost | undefined): Vcpu {
    assert(host, `a host for vCPU ${index}`);
    const { memory, access } = this;
    const state = new VcpuState(memory.buffer, index === 0 ? STATE : VCPU_SAVE + index * STATE_SIZE);
    forgetFetchPage(memory, state);
    const cpu: Cpu = {
      index,
      model: this.model,
      state,
      memory: access.linear,
      physical: access.physical,
      tlb: access.control,
      host,
      modeChanged: () => updateMode(state),
    };
    return new Vcpu(index, state, new VcpuTlb(memory, index, (offset) => this.cache.hasCode(offset)), cpu);
  }

  at(index: number): Vcpu {
    const vcpu = this.all[index];
    assert(vcpu, `vCPU ${index} exists`);
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
    this.access.tlb = vcpu.tlb;
    this.access.host = vcpu.cpu.host;
  }
}
