// The CPUID bits that follow the processor's state instead of its model (SDM vol 2 "CPUID"): they say what the operating system has turned on.
import type { Cpu, CpuidResult } from './cpu';
import { xsaveLeaf } from './cpuid-xsave.rows';
import { Gpr } from './layout';
import { Cr4 } from './system/bits';

const APIC_BASE = 0x1b;
const APIC_ENABLED = 1n << 11n;
/** CPUID.1:EDX[9], ECX[27], CPUID.7:ECX[4]. */
const APIC = 1 << 9;
const OSXSAVE = 1 << 27;
const OSPKE = 1 << 4;

export function dynamicCpuid(cpu: Cpu, leaf: number, result: CpuidResult): CpuidResult {
  const cr4 = cpu.state.u64('cr4');
  switch (leaf >>> 0) {
    case 1: {
      const enabled = ((cpu.host.readMsr(APIC_BASE) ?? APIC_ENABLED) & APIC_ENABLED) !== 0n;
      const edx = (enabled ? result.edx : result.edx & ~APIC) >>> 0;
      return { ...result, ecx: (result.ecx | (cr4 & Cr4.OSXSAVE ? OSXSAVE : 0)) >>> 0, edx };
    }
    case 7:
      return result.ecx && cr4 & Cr4.PKE ? { ...result, ecx: (result.ecx | OSPKE) >>> 0 } : result;
    case 0xd:
      return xsaveLeaf((feature) => cpu.model.has(feature), cpu.state.u64('xcr0'), cpu.state.gpr32(Gpr.rcx));
    default:
      return result;
  }
}
