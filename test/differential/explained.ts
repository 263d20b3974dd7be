// Differences between the engine and a native CPU that have a reason. Each row says which fields of which results it excuses, and why.
import { flagsOf, type Result, type Vector } from '../../src/engine/vectors/vector';
import type { InsnRow } from '../../src/x86/insn/row';
import { isOtherVendor } from './host';
import { VECTOR_EXPLAINED } from './vector-explained';
import { VENDOR_EXPLAINED } from './vendor-explained';
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
const hasRexW = (vector: Vector): boolean => !vector.mode32 && vector.code.subarray(0, 5).some((byte) => (byte & 0xf8) === 0x48);
/** 80-bit numbers, far pointers, images. */
const isInParts = (row: InsnRow | undefined): boolean => row?.memoryBytes === 10 || isImage(row) || /^L[DEFGS]S$/.test(row?.name ?? '');
/** x87 environments, whole FPU states, XSAVE areas. */
const isImage = (row: InsnRow | undefined): boolean =>
  Array.isArray(row?.memoryBytes) || row?.memoryBytes === 512 || row?.memoryBytes === 576;
const areInOneImage = (a: string | undefined, b: string | undefined): boolean =>
  Math.abs(Number(BigInt(`0x${a ?? '0'}`) - BigInt(`0x${b ?? '0'}`))) < 1024;
/** In the quadword that holds MXCSR and MXCSR_MASK. */
const withoutBit17 = (bytes: string | undefined): string | undefined => bytes?.replace(/^(.{12})02(..)$/, '$100$2');
const IMAGES = /^(FXSAVE|FXRSTOR|XSAVE|XSAVEOPT|XSAVEC|XRSTOR)$/;
const NO_COMPONENT = '0'.repeat(16);
/** Registers, MXCSR and its mask, XSTATE_BV. */
const INITIAL_SSE = /^(0{16}|801f0000ffff0[02]00|0[0-7]0{14})$/;
const isDoubleShift = (row: InsnRow | undefined): boolean => row?.name === 'SHLD' || row?.name === 'SHRD';

/** Count of a double shift: the immediate is the last byte of the instruction, else CL. */
const shiftCount = ({ row, vector }: Comparison): number =>
  (row?.encoding.endsWith('ib') ? (vector.code.at(-1) ?? 0) : Number((vector.gpr[1] ?? 0n) & 0xffn)) & 0x1f;
const isShort = (vector: Vector): boolean => vector.code.subarray(0, 5).includes(0x66);

export const EXPLAINED: readonly Explanation[] = [
  {
    reason:
      'which of several faults is reported, and what a faulting ENTER, PUSHA or POPA has done, is left to the processor: ours is as AMD has it',
    applies: ({ row, native, engine }) =>
      isOtherVendor &&
      /^(ENTER|PUSHA|POPA|CMPS|CALL|BOUND|VCVTPS2PH)$/.test(row?.name ?? '') &&
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
  ...VENDOR_EXPLAINED,
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
    reason: 'LFS, LGS, LSS: a far pointer with an offset of 64 bits exists on Intel, not on AMD (APM vol 3 "LFS")',
    applies: ({ row, vector }) => /^L[FGS]S$/.test(row?.name ?? '') && hasRexW(vector),
  },
  {
    reason: 'SYSCALL in compatibility mode exists on AMD; Intel processors raise #UD',
    applies: ({ row, vector, engine }) => row?.name === 'SYSCALL' && vector.mode32 && isFault(engine, '6'),
  },
  {
    reason: 'INT1: the #DB is a trap (SDM vol 2 "INT1"); a hypervisor between it and the native side may pass it on as a fault',
    applies: ({ row, native, engine, field }) =>
      row?.name === 'INT1' && field === 'rip' && isFault(native, '1') && isFault(engine, '1') && !native.has('rip'),
  },
  {
    reason: "which byte of an image in missing pages is in CR2 is the processor's own",
    applies: ({ row, native, engine, field }) => field === 'cr2' && isImage(row) && areInOneImage(native.get('cr2'), engine.get('cr2')),
  },
  {
    reason: 'XRSTOR: a processor may touch a component that it initialises (SDM vol 1 ch. 13.11); here it does not',
    applies: ({ row, native, engine }) => row?.name === 'XRSTOR' && isFault(native, 'e') && !isFault(engine, 'e'),
  },
  {
    reason: "FXSAVE, XSAVE: MXCSR_MASK has bit 17 where the processor has AMD's misaligned SSE mode",
    applies: ({ row, native, engine, field }) =>
      /^(FXSAVE|XSAVE(OPT|C)?)$/.test(row?.name ?? '') && field.startsWith('mem@') && withoutBit17(native.get(field)) === engine.get(field),
  },
  {
    reason:
      'FXSAVE, XSAVE and their like: a misaligned image beyond the stack segment or the canonical addresses is #GP or #SS: which comes first is not said (SDM vol 2 "FXSAVE")',
    applies: ({ row, native, engine }) => IMAGES.test(row?.name ?? '') && isFault(native, 'd') && isFault(engine, 'c'),
  },
  {
    reason: 'XSAVE: a component may be in use that is in its initial configuration (SDM vol 1 ch. 13.6); here it is not',
    applies: ({ row, vector, native, engine, field }) =>
      /^XSAVE(OPT|C)?$/.test(row?.name ?? '') &&
      field.startsWith('mem@') &&
      [...vector.xmm.values()].every((value) => BigInt.asUintN(128, value) === 0n) &&
      INITIAL_SSE.test(native.get(field) ?? NO_COMPONENT) &&
      (!engine.has(field) || /^0[0-7]0{14}$/.test(engine.get(field)!)),
  },
  {
    reason: 'FXSAVE, FXRSTOR: a misaligned image is #AC or #GP where alignment is checked (SDM vol 2 "FXSAVE")',
    applies: ({ row, native, engine }) => /^FX(SAVE|RSTOR)$/.test(row?.name ?? '') && isFault(native, '11') && isFault(engine, 'd'),
  },
  {
    reason: 'INT 80h in 64-bit code: Linux takes EAX',
    applies: ({ row, native, field }) => row?.name === 'INT' && native.get('end') === 'syscall' && field === 'rax',
  },
  {
    reason:
      'an operand across the end of a segment of 4 GiB may or may not fault (SDM vol 3 "Limit Checking"); AMD faults, and checks several parts apart',
    applies: ({ row, vector, native, engine }) =>
      vector.mode32 &&
      (isOtherVendor || isInParts(row)) &&
      /^[cd]$/.test(engine.get('vector') ?? '') &&
      (isOtherVendor ? /^(ffffff[ef].|[01]?.)$/ : /^fffffff.$/).test(native.get('cr2') ?? ''),
  },
  {
    reason:
      'an operand of several parts across the end of the lower half is not canonical (SDM vol 1 ch. 3.3.7.1); AMD checks the parts apart',
    applies: ({ row, vector, native, engine }) =>
      !vector.mode32 &&
      (isInParts(row) || (isOtherVendor && row?.name === 'POP')) &&
      /^[cd]$/.test(engine.get('vector') ?? '') &&
      /^7ffffffff...$/.test(native.get('cr2') ?? ''),
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
