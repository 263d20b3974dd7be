// What CPUID answers a vCPU: the CPU's own leaves, which are kept, and those of its paravirtual interface.
import type { PvInterface } from '../../pv/interface';
import type { CpuidResult } from '../../x86/cpu';

/** Leaves of a hypervisor's interface. */
const PV_LEAVES = 0x100;
const NO_LEAF: CpuidResult = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
/** Answers to the CPU's own leaves are kept: they do not change while a VM runs. */
const KEPT_SUBLEAVES = 64;

export class CpuidAnswers {
  private readonly leaves = new Map<number, CpuidResult>();

  constructor(
    private readonly vcpu: number,
    private readonly pv: PvInterface | undefined,
    private readonly own: (leaf: number, subleaf: number) => CpuidResult,
  ) {}

  answer(leaf: number, subleaf: number): CpuidResult {
    const { pv } = this;
    const offset = pv === undefined ? -1 : leaf - pv.rows.cpuidBase;
    if (offset >= 0 && offset < PV_LEAVES) return pv?.cpuid(this.vcpu, leaf, subleaf) ?? NO_LEAF;
    if (subleaf >= KEPT_SUBLEAVES) return this.own(leaf, subleaf);
    const key = leaf * KEPT_SUBLEAVES + subleaf;
    let result = this.leaves.get(key);
    if (result === undefined) {
      result = this.own(leaf, subleaf);
      this.leaves.set(key, result);
    }
    return result;
  }
}
