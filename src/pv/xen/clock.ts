// The clock that a vCPU finds in its vcpu_info (struct vcpu_time_info), the copy of it for user space, and the wall clock in shared_info.
import { TraceKind } from '../../trace/rows';
import { PVCLOCK_SIZE, PVCLOCK_TSC_STABLE, PvclockField, timeScale } from '../kvm/pvclock';
import { GuestAccess } from './guest-access';
import type { XenHost } from './host-port';
import { SharedInfo, VcpuInfo } from './layout';
import type { PageRef } from './physmap';
import type { SharedMemory } from './shared-memory';
import type { XenVcpuData } from './vcpu-data';

export class Clock {
  constructor(
    private readonly host: XenHost,
    private readonly memory: SharedMemory,
    private readonly vcpus: readonly XenVcpuData[],
    private readonly vcpuInfo: (vcpu: number) => { ref: PageRef; offset: number } | undefined,
  ) {}

  private now(vcpu: number, version: number): Uint8Array {
    const scale = timeScale(this.host.tscHz);
    const bytes = new Uint8Array(PVCLOCK_SIZE);
    const view = new DataView(bytes.buffer);
    view.setUint32(PvclockField.version, version, true);
    view.setBigUint64(PvclockField.tscTimestamp, this.host.guestTsc(vcpu), true);
    view.setBigUint64(PvclockField.systemTime, BigInt(this.host.nowNs(vcpu)), true);
    view.setUint32(PvclockField.mul, scale.mul, true);
    view.setInt8(PvclockField.shift, scale.shift);
    view.setUint8(PvclockField.flags, PVCLOCK_TSC_STABLE);
    return bytes;
  }

  update(vcpu: number): void {
    const info = this.vcpuInfo(vcpu);
    if (info !== undefined) {
      const { ref, offset } = info;
      const at = offset + VcpuInfo.time;
      const version = (this.memory.u32(ref, at) + 1) | 1;
      const bytes = this.now(vcpu, version);
      this.memory.setU32(ref, at, version >>> 0);
      this.memory.setBytes(ref, at, bytes);
      this.memory.setU32(ref, at, (version + 1) >>> 0);
      const gpa = ref.gfn >= 0 ? ref.gfn * 4096 + at : 0;
      this.host.trace(TraceKind['pvclock-update'], vcpu, gpa, (version + 1) >>> 0, this.host.guestTsc(vcpu), this.host.nowNs(vcpu));
    }
    this.updateCopy(vcpu);
  }

  /** False: it is not mapped. */
  updateCopy(vcpu: number): boolean {
    const { timeVa } = this.vcpus[vcpu]!;
    if (timeVa === 0n) return true;
    const access = new GuestAccess(this.host, vcpu, true);
    const before = access.view(timeVa, 4)?.getUint32(0, true);
    if (before === undefined) return false;
    const version = ((before + 1) | 1) >>> 0;
    if (!access.writeU32(timeVa, version)) return false;
    access.write(timeVa, this.now(vcpu, version));
    return access.writeU32(timeVa, (version + 1) >>> 0);
  }

  /** When system time was 0. */
  writeWallClock(ref: PageRef): void {
    const version = (this.memory.u32(ref, SharedInfo.wcVersion) + 1) | 1;
    const seconds = this.host.wallClockBaseNs / 1_000_000_000n;
    this.memory.setU32(ref, SharedInfo.wcVersion, version >>> 0);
    this.memory.setU32(ref, SharedInfo.wcSec, Number(BigInt.asUintN(32, seconds)));
    this.memory.setU32(ref, SharedInfo.wcSecHi, Number(seconds >> 32n));
    this.memory.setU32(ref, SharedInfo.wcNsec, Number(this.host.wallClockBaseNs % 1_000_000_000n));
    this.memory.setU32(ref, SharedInfo.wcVersion, (version + 1) >>> 0);
  }
}
