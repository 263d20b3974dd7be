// The lines that MONITOR has armed, as RAM: stores to them are looked at, as stores into decoded code are. Which lines there are is said by the vCPUs' states alone;
// the frames here only keep write tags away.
import { MONITOR_LINE_BYTES, MonitorBit } from '../x86/layout';
import type { VcpuState } from '../x86/vcpu-state';
import type { EngineMemory } from './vm-memory';

/** One vCPU that may watch a line. */
export interface MonitoringVcpu {
  readonly state: VcpuState;
  /** Its line was written. */
  monitorWritten(): void;
}

export class MonitoredLines {
  /** Frame numbers of this memory. */
  private frames: ReadonlySet<number> = new Set();

  constructor(
    private readonly memory: EngineMemory,
    private readonly vcpus: () => readonly MonitoringVcpu[],
  ) {}

  /** The states say it anew. Gives the frames that are watched now and were not, or the other way round. */
  refresh(): readonly number[] {
    const before = this.frames;
    const now = new Set<number>();
    for (const { state } of this.vcpus()) {
      const offset = this.lineOf(state);
      if (offset !== undefined) now.add(offset >>> 12);
    }
    this.frames = now;
    return [...before, ...now].filter((frame) => before.has(frame) !== now.has(frame));
  }

  /** By an offset of this memory. */
  inFrame(offset: number): boolean {
    return this.frames.has(offset >>> 12);
  }
  touches(offset: number, length: number): boolean {
    if (this.frames.size === 0) return false;
    return this.vcpus().some(({ state }) => this.isTouched(state, offset, length));
  }
  /** Bytes there are about to change: who watches them goes on. */
  written(offset: number, length: number): void {
    if (this.frames.size === 0) return;
    for (const vcpu of this.vcpus()) {
      if (!this.isTouched(vcpu.state, offset, length)) continue;
      vcpu.state.setU64('monitor', 0n);
      vcpu.monitorWritten();
    }
  }

  private isTouched(state: VcpuState, offset: number, length: number): boolean {
    const line = this.lineOf(state);
    return line !== undefined && offset < line + MONITOR_LINE_BYTES && line < offset + length;
  }
  private lineOf(state: VcpuState): number | undefined {
    const armed = state.u64('monitor');
    return armed === 0n ? undefined : this.memory.offsetOf(Number(armed & ~MonitorBit.all));
  }
}
