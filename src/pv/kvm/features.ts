// Which features the guest is shown, made from the rows; CPUID leaves follow from it, and what is not shown is refused (KVM_CAP_ENFORCE_PV_FEATURE_CPUID).
import { assert } from '../../base/assert';
import type { CpuidResult } from '../../x86/cpu';
import { KVM_ROWS } from './rows';

/** "KVMKVMKVM\0\0\0" in EBX, ECX, EDX. */
const SIGNATURE = { ebx: 0x4b4d_564b, ecx: 0x564b_4d56, edx: 0x0000_004d };

export class KvmFeatures {
  private readonly shown: ReadonlySet<string>;

  /** `without`: names of features that are to be hidden from this guest. */
  constructor(without: readonly string[] = []) {
    for (const name of without)
      assert(
        KVM_ROWS.features.some((row) => row.name === name),
        `KVM feature ${name}`,
      );
    this.shown = new Set(KVM_ROWS.features.filter((row) => row.state === 'works' && !without.includes(row.name)).map((row) => row.name));
  }

  has(name: string | undefined): boolean {
    return name === undefined || this.shown.has(name);
  }

  private mask(register: 'eax' | 'edx'): number {
    let mask = 0;
    for (const row of KVM_ROWS.features) if (row.leaf === 1 && row.register === register && this.shown.has(row.name)) mask |= 1 << row.bit;
    return mask >>> 0;
  }

  cpuid(leaf: number): CpuidResult | undefined {
    switch (leaf - KVM_ROWS.cpuidBase) {
      case 0:
        return { eax: KVM_ROWS.cpuidBase + Math.max(...KVM_ROWS.cpuid.map((row) => row.leaf)), ...SIGNATURE };
      case 1:
        return { eax: this.mask('eax'), ebx: 0, ecx: 0, edx: this.mask('edx') };
      default:
        return undefined;
    }
  }
}
