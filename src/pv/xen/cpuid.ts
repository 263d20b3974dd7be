// Xen's CPUID leaves (public/arch-x86/cpuid.h).
import type { CpuidResult } from '../../x86/cpu';
import { timeScale } from '../kvm/pvclock';
import { XEN_MAJOR, XEN_MINOR } from './calls/version';
import { XEN_CPUID, XEN_CPUID_BASE, XEN_CPUID_FEATURES, XEN_HYPERCALL_PAGE_MSR } from './features.rows';
import type { XenHost } from './host-port';

/** "XenVMMXenVMM" in EBX, ECX, EDX. */
const SIGNATURE = { ebx: 0x566e_6558, ecx: 0x6558_4d4d, edx: 0x4d4d_566e };
/** Leaf 3, EAX: the TSC is not emulated, and safe: it is the host's, in step on all pCPUs. */
const TSC_IS_SAFE = 2;

function time(host: XenHost, subleaf: number): CpuidResult {
  const khz = host.tscHz / 1000;
  const { mul, shift } = timeScale(host.tscHz);
  if (subleaf === 0) return { eax: TSC_IS_SAFE, ebx: 0, ecx: khz, edx: 0 };
  if (subleaf === 1) return { eax: 0, ebx: 0, ecx: mul, edx: shift >>> 0 };
  return { eax: subleaf === 2 ? khz : 0, ebx: 0, ecx: 0, edx: 0 };
}

export function xenCpuid(host: XenHost, vcpu: number, leaf: number, subleaf: number): CpuidResult | undefined {
  switch (leaf - XEN_CPUID_BASE) {
    case 0:
      return { eax: XEN_CPUID_BASE + Math.max(...XEN_CPUID.map((row) => row.leaf)), ...SIGNATURE };
    case 1:
      return { eax: (XEN_MAJOR << 16) | XEN_MINOR, ebx: 0, ecx: 0, edx: 0 };
    case 2:
      return { eax: 1, ebx: XEN_HYPERCALL_PAGE_MSR, ecx: 0, edx: 0 };
    case 3:
      return time(host, subleaf);
    case 4: {
      let eax = 0;
      for (const row of XEN_CPUID_FEATURES) if (row.state === 'works') eax |= 1 << row.bit;
      return { eax: eax >>> 0, ebx: vcpu, ecx: host.domainId, edx: 0 };
    }
    default:
      return undefined;
  }
}
