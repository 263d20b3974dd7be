// Answers to CPUID as the interpreter gives them by itself (emit/cpuid-emitter.ts): noted when the helper has given one, forgotten when an instruction may change
// what they depend on (cpuid-dynamic.ts): CR4, XCR0, an MSR.
import { Gpr, S, STATE } from '../../x86/layout';
import { CpuidEntry, cpuidEntry, ExitCell } from '../record';
import type { EngineMemory } from '../vm-memory';
import { forgetExits } from './exit-repeats';

/** Helpers of instructions behind which the answers may be others. */
export const CPUID_CHANGERS: readonly string[] = ['movToCr', 'xsetbv', 'wrmsr', 'vmcall', 'vmmcall'];

/** What its exit's event says is the host's answer, which the processor's state then changes: leaf 0DH. */
const XSAVE_LEAF = 0xd;
const gpr = (register: number): number => (STATE + S.gpr + register * 8) >> 2;

export class CpuidTable {
  private leaf = 0;
  private subleaf = 0;

  constructor(private readonly memory: EngineMemory) {}

  /** CPUID is about to be answered … */
  asking(): void {
    const { u32 } = this.memory;
    this.leaf = u32[gpr(Gpr.rax)]!;
    this.subleaf = u32[gpr(Gpr.rcx)]!;
  }
  /** … and has been. */
  answered(): void {
    const { leaf, subleaf } = this;
    if (leaf === XSAVE_LEAF) return;
    const { u32 } = this.memory;
    forgetExits(this.memory);
    const entry = cpuidEntry(leaf, subleaf) >> 2;
    u32[entry + (CpuidEntry.leaf >> 2)] = leaf;
    u32[entry + (CpuidEntry.subleaf >> 2)] = subleaf;
    u32[entry + (CpuidEntry.generation >> 2)] = u32[ExitCell.cpuidGeneration >> 2]!;
    u32[entry + (CpuidEntry.eax >> 2)] = u32[gpr(Gpr.rax)]!;
    u32[entry + (CpuidEntry.ebx >> 2)] = u32[gpr(Gpr.rbx)]!;
    u32[entry + (CpuidEntry.ecx >> 2)] = u32[gpr(Gpr.rcx)]!;
    u32[entry + (CpuidEntry.edx >> 2)] = u32[gpr(Gpr.rdx)]!;
    const fields = entry + (CpuidEntry.fields >> 2);
    u32[fields] = leaf;
    u32[fields + 2] = subleaf;
    u32[fields + 6] = u32[gpr(Gpr.rax)]!;
  }

  /** The answers may be others from now on. */
  forget(): void {
    this.memory.u32[ExitCell.cpuidGeneration >> 2]! += 1;
    forgetExits(this.memory);
  }
}
