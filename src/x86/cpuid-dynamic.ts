// The CPUID bits that follow the processor's state instead of its model (SDM vol 2 "CPUID"): they say what the operating system has turned on.
import type { Cpu, CpuidResult } from './cpu';
import { xsaveLeaf } from './cpuid-xsave.rows';
import { Gpr } from './layout';
import { Cr4 } from './system/bits';
import { isMonitorEnabled } from './system/monitor';

/** CPUID.1:EDX[9], ECX[3] and [27], CPUID.7:ECX[4]. */
const APIC = 1 << 9;
const MONITOR = 1 << 3;
const OSXSAVE = 1 << 27;
const OSPKE = 1 << 4;

export function dynamicCpuid(cpu: Cpu, leaf: number, result: CpuidResult): CpuidResult {
  const cr4 = cpu.state.u64('cr4');
  switch (leaf >>> 0) {
    case 1: {
      const edx = (cpu.host.apicEnabled?.() !== false ? result.edx : result.edx & ~APIC) >>> 0;
      const monitored = isMonitorEnabled(cpu.state) ? result.ecx : result.ecx & ~MONITOR;
      return { ...result, ecx: (monitored | (cr4 & Cr4.OSXSAVE ? OSXSAVE : 0)) >>> 0, edx };
    }
    case 7:
      return result.ecx && cr4 & Cr4.PKE ? { ...result, ecx: (result.ecx | OSPKE) >>> 0 } : result;
    case 0xd:
      return xsaveLeaf((feature) => cpu.model.has(feature), cpu.state.u64('xcr0'), cpu.state.gpr32(Gpr.rcx));
    default:
      return result;
  }
}
