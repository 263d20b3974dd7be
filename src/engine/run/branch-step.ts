// Single-stepping on branches, IA32_DEBUGCTL.BTF (SDM vol 3 ch. 19.4.3): of the instructions that run with RFLAGS.TF only a taken branch traps.
import type { Decoded } from '../../x86/decode/decoder';

const ALWAYS = /^(JMPF?|CALLF?|RETF?|IRET|SYSCALL|SYSRET|SYSENTER|SYSEXIT)$/;
const CONDITIONAL = /^(J|LOOP)/;

export type SteppedInsn = Pick<Decoded, 'row' | 'length'>;

/** `before` and `after`: RIP around the instruction. A conditional branch to the next instruction is called not taken. */
export function isTakenBranch({ row, length }: SteppedInsn, before: bigint, after: bigint): boolean {
  if (!row) return false;
  return ALWAYS.test(row.name) || (CONDITIONAL.test(row.name) && after !== before + BigInt(length));
}
