// A CPU engine with a little RAM and no devices, for vectors: what reaches the host is answered as where nothing is.
import { assert } from '../../base/assert';
import type { CpuHost } from '../../x86/cpu';
import { S, STATE } from '../../x86/layout';
import type { CpuModel } from '../../x86/models/cpu-model';
import type { VcpuState } from '../../x86/vcpu-state';
import type { EngineReturn, Tier } from '../cpu-engine';
import type { EngineOptions } from '../parts/options';
import { WasmEngine } from '../wasm-engine';

const RAM_SIZE = 4 << 20;
const PAUSE_NS = 100;
const ZERO = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

/** Nothing outside the CPU. */
const NOBODY: CpuHost = {
  portIn: () => 0xffff_ffff,
  portOut: () => {},
  mmioRead: () => 0xffff_ffff,
  mmioWrite: () => {},
  readMsr: () => undefined,
  writeMsr: () => false,
  cpuid: () => ZERO,
  hostTsc: () => 0n,
  hypercall: () => false,
  acknowledgeInterrupt: () => undefined,
  readTpr: () => 0,
  writeTpr: () => {},
  event: () => {},
};

export class VectorMachine {
  private readonly engine: WasmEngine;

  constructor(model: CpuModel, options: EngineOptions, tier: Tier) {
    const config = {
      tier,
      vcpus: 1,
      ramSize: RAM_SIZE,
      maxRamSize: RAM_SIZE,
      pauseNs: PAUSE_NS,
      sharedMemory: false,
      model,
      hosts: [NOBODY],
    };
    this.engine = new WasmEngine(config, options);
  }

  get state(): VcpuState {
    return this.engine.state(0);
  }
  write(gpa: number, bytes: Uint8Array): void {
    this.engine.memory.write(gpa, bytes);
  }
  /** RAM as it is, and as it will be: frames lie in line here. */
  view(gpa: number, length: number): Uint8Array {
    const { memory } = this.engine;
    const offset = memory.offsetOf(gpa);
    assert(offset !== undefined, 'a window lies in RAM');
    return memory.u8.subarray(offset, offset + length);
  }
  /** YMM0 to YMM15, by words of 32 bits. */
  get ymm(): Uint32Array {
    return new Uint32Array(this.engine.memory.buffer, STATE + S.ymm, 16 * 8);
  }
  /** The x87 registers in physical order, by words of 32 bits. */
  get st(): Uint32Array {
    return new Uint32Array(this.engine.memory.buffer, STATE + S.st, 8 * 4);
  }
  run(budgetNs: number): EngineReturn {
    return this.engine.runThrough(0, budgetNs);
  }
}
