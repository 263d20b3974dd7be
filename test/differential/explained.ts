// Differences between the engine and a native CPU that have a reason. Each row says which fields of which results it excuses, and why.
import { existsSync, readFileSync } from 'node:fs';
import { flagsOf, type Result, type Vector } from '../../src/engine/vectors/vector';
import type { InsnRow } from '../../src/x86/insn/row';
import { VECTOR_EXPLAINED } from './vector-explained';
import { X87_EXPLAINED } from './x87-explained';

export interface Comparison {
  row: InsnRow | undefined;
  vector: Vector;
  native: Result;
  engine: Result;
  field: string;
}

export interface Explanation {
  reason: string;
  applies(at: Comparison): boolean;
}

const OF = 0x800n;
/** TASK_SIZE_MAX: from the last page of the lower half on. */
const isKernelAddress = (cr2: string): boolean => BigInt(`0x${cr2}`) >= 0x7fff_ffff_f000n;
const isFault = (result: Result, vector: string): boolean => result.get('end') === 'exception' && result.get('vector') === vector;
const isDoubleShift = (row: InsnRow | undefined): boolean => row?.name === 'SHLD' || row?.name === 'SHRD';

/** Count of a double shift: the immediate is the last byte of the instruction, else CL. */
const shiftCount = ({ row, vector }: Comparison): number =>
  (row?.encoding.endsWith('ib') ? (vector.code.at(-1) ?? 0) : Number((vector.gpr[1] ?? 0n) & 0xffn)) & 0x1f;
const isShort = (vector: Vector): boolean => vector.code.subarray(0, 5).includes(0x66);

/** The committed results are of an AMD processor, whose choices ours are where the manuals leave one. */
const isOtherVendor = existsSync('/proc/cpuinfo') && !readFileSync('/proc/cpuinfo', 'utf8').includes('AuthenticAMD');

export const EXPLAINED: readonly Explanation[] = [
  {
    reason:
      'which of several faults is reported, and what a faulting ENTER, PUSHA or POPA has done, is left to the processor: ours is as AMD has it',
    applies: ({ row, native, engine }) =>
      isOtherVendor &&
      /^(ENTER|PUSHA|POPA|CMPS|CALL)$/.test(row?.name ?? '') &&
      native.get('end') === 'exception' &&
      engine.get('end') === 'exception',
  },
  {
    reason:
      'a base is checked to the width of the processor (SDM vol 2 "WRFSBASE/WRGSBASE"): 57 bits with LA57, which ours has and the native one has not',
    applies: ({ row, native, engine }) => /^WR[FG]SBASE$/.test(row?.name ?? '') && isFault(native, 'd') && engine.get('end') === 'ok',
  },
  {
    reason:
      'alignment checks of 16-byte operands, and whether they come before page faults, are left to the processor: ours are as AMD has them',
    applies: ({ vector, native, engine }) =>
      isOtherVendor && (vector.rflags & 0x4_0000n) !== 0n && isFault(native, '11') !== isFault(engine, '11'),
  },
  ...X87_EXPLAINED,
  ...VECTOR_EXPLAINED,
  { reason: 'the native process died: nothing is known', applies: ({ native }) => native.get('end') === 'lost' },
  { reason: "RDPID: IA32_TSC_AUX is the host's", applies: ({ row }) => row?.name === 'RDPID' },
  {
    reason: 'SHLD, SHRD: a count above the operand size leaves result and flags undefined (SDM vol 2)',
    applies: (at) => isDoubleShift(at.row) && isShort(at.vector) && shiftCount(at) > 16,
  },
  {
    reason: 'SHLD, SHRD: OF is undefined unless the count is 1 (SDM vol 2)',
    applies: ({ row, vector, native, engine, field }) =>
      isDoubleShift(row) && field === 'rflags' && ((flagsOf(native, vector) ^ flagsOf(engine, vector)) & ~(OF | 0x10n)) === 0n,
  },
  {
    reason: 'PREFETCHW with a register operand is #UD on AMD, a NOP on Intel',
    applies: ({ row, native }) => row?.name === 'NOP' && row.encoding === '0F 0D /r' && isFault(native, '6'),
  },
  {
    reason: 'Linux reports every fault of user code at a kernel address as a protection violation',
    applies: ({ native, engine, field }) =>
      field === 'error' &&
      isFault(native, 'e') &&
      Number.parseInt(engine.get('error') ?? '0', 16) + 1 === Number.parseInt(native.get('error') ?? '0', 16) &&
      isKernelAddress(native.get('cr2') ?? '0'),
  },
  {
    reason: 'MXCSR bit 17 (misaligned SSE mode) exists on AMD',
    applies: ({ row, engine }) => /^V?LDMXCSR$/.test(row?.name ?? '') && isFault(engine, 'd'),
  },
  {
    reason: 'PUSH of a segment register: some CPUs write only its word (SDM vol 2 "PUSH")',
    applies: ({ row, field }) => row?.name === 'PUSH' && /^[ecsdfg]s/.test(row.operandText) && field.startsWith('mem'),
  },
];
