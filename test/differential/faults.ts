// The faults of instructions by what their rows say, and where each is shown: by the oracle (then the campaign says whether it saw it), or by a test that cites the manual.
import type { InsnRow } from '../../src/x86/insn/row';
import type { AimKind } from './aims';
import { isOtherVendor } from './host';
import { usesFpu } from './x87-state';

/** A kind of vector: as the campaign's coverage counts them. */
export interface Form {
  row: InsnRow;
  inMemory: boolean;
  mode32: boolean;
}

interface SeenFault {
  fault: string;
  /** As results name them. */
  vectors: readonly string[];
  aim: AimKind;
  applies(form: Form): boolean;
}

const touches = ({ row, inMemory }: Form): boolean =>
  inMemory && !row.noSegment && !row.bitString && !isPrivileged(row) && !/^(NOP|PREFETCH|CLFLUSH|CLWB|INVLPG)/.test(row.name);
const PRIVILEGED = /^(HLT|CLI|STI|CLTS|INVD|WBINVD|LGDT|LIDT|LLDT|LTR|LMSW|INVLPG|RDMSR|WRMSR|SWAPGS|IN|OUT|INSB|INS|OUTSB|OUTS)$/;
export const isPrivileged = (row: InsnRow): boolean =>
  PRIVILEGED.test(row.name) || row.operands.some(({ kind }) => kind === 'creg' || kind === 'dreg');
const WAITS = /^F(?!N|FREE|XSAVE|XRSTOR)/;
const FLOAT =
  /^V?((ADD|SUB|MUL|DIV|SQRT|MAX|MIN|ADDSUB|HADD|HSUB|DP|ROUND)(PS|PD|SS|SD)|CMPP[SD]|CMPS[SD]|U?COMIS[SD]|CVT(?!DQ2PD|PI2PD|SI2SD).*)$|^VFN?M(ADD|SUB)/;
/** A conversion that is exact but from 64 bits. */
const raisesFloat = ({ row, mode32 }: Form): boolean =>
  (row.unit === 'sse' || row.unit === 'avx' || usesFpu(row)) && (FLOAT.test(row.name) || (/^V?CVTSI2SD$/.test(row.name) && !mode32));

const isGather = (row: InsnRow): boolean => row.operands.some(({ kind }) => kind === 'vsib');
const memoryOperand = (row: InsnRow) => row.operands.find(({ kind }) => kind === 'rm' || kind === 'm' || kind === 'xm' || kind === 'qm');
/** Operands of 16 bytes and more that must be aligned whatever EFLAGS.AC says (SDM vol 2 ch. 2.4, exception types 1, 2, 4; AMD's SHA does not). */
function mustBeAligned({ row, inMemory, mode32 }: Form): boolean {
  if (!inMemory || isGather(row)) return false;
  if (/^(FXSAVE|FXRSTOR|XSAVE|XSAVEOPT|XSAVEC|XRSTOR)$/.test(row.name)) return true;
  if (row.name === 'CMPXCHG16B') return !mode32;
  const size = memoryOperand(row)?.size;
  if (size !== 16 && size !== 32) return false;
  if (row.unit === 'avx') return /^V(MOVAP[SD]|MOVDQA|MOVNT)/.test(row.name);
  return row.unit === 'sse' && !/^(MOVU|MOVDQU|LDDQU|PCMP[EI]STR|SHA)/.test(row.name);
}
/** Whole numbers of two, four and eight bytes in general instructions. */
function isCheckedForAlignment(form: Form): boolean {
  const { row } = form;
  const size = memoryOperand(row)?.size;
  return (
    touches(form) && row.unit === undefined && row.helper === undefined && size !== undefined && size !== 0 && size !== 1 && size !== 16
  );
}

/** At CPL 3 with both windows, which is what the oracle has. */
export const SEEN_FAULTS: readonly SeenFault[] = [
  { fault: '#PF', vectors: ['e'], aim: 'unmapped', applies: (form) => touches(form) && !form.row.encoding.includes('mo') },
  {
    fault: '#GP(0) or #SS(0): not canonical',
    vectors: ['d', 'c'],
    aim: 'not canonical',
    applies: (form) => !form.mode32 && touches(form) && !form.row.encoding.includes('mo'),
  },
  { fault: '#GP(0): misaligned', vectors: ['d'], aim: 'misaligned', applies: mustBeAligned },
  { fault: '#AC', vectors: ['11'], aim: 'unaligned', applies: isCheckedForAlignment },
  { fault: '#GP(0): privileged', vectors: ['d'], aim: 'any', applies: ({ row }) => isPrivileged(row) },
  { fault: '#DE', vectors: ['0'], aim: 'any', applies: ({ row }) => /^(I?DIV|AAM)$/.test(row.name) },
  { fault: '#BR', vectors: ['5'], aim: 'any', applies: ({ row }) => row.name === 'BOUND' },
  { fault: '#OF', vectors: ['4'], aim: 'any', applies: ({ row }) => row.name === 'INTO' },
  { fault: '#BP', vectors: ['3'], aim: 'any', applies: ({ row }) => row.name === 'INT3' },
  { fault: '#DB', vectors: ['1'], aim: 'any', applies: ({ row }) => row.name === 'INT1' },
  {
    fault: '#MF',
    vectors: ['10'],
    aim: 'pending',
    applies: ({ row }) => (row.unit === 'x87' && usesFpu(row) && WAITS.test(row.name)) || row.unit === 'mmx',
  },
  { fault: '#XM', vectors: ['13'], aim: 'unmasked', applies: raisesFloat },
];

interface ResultElsewhere {
  reason: string;
  /** Each of these names the rows. */
  tests: readonly string[];
  names: readonly string[];
  /** Further words of the rows, where a name has others too. */
  applies?(row: InsnRow): boolean;
}
const GUESTS = 'guests/system/';
/** Rows whose every vector faults natively: where their results are. */
export const RESULTS_ELSEWHERE: readonly ResultElsewhere[] = [
  { reason: 'privileged', tests: [`${GUESTS}interrupts-and-shadow.c`], names: ['HLT', 'CLI', 'STI'] },
  { reason: 'privileged', tests: [`${GUESTS}string-io.c`], names: ['IN', 'OUT', 'INSB', 'INS', 'OUTSB', 'OUTS'] },
  { reason: 'privileged', tests: [`${GUESTS}paging.c`], names: ['INVLPG', 'INVD', 'WBINVD'] },
  { reason: 'privileged', tests: [`${GUESTS}system-msrs.c`], names: ['RDMSR', 'WRMSR'] },
  { reason: 'privileged', tests: [`${GUESTS}syscall.c`], names: ['SWAPGS'] },
  {
    reason: 'privileged',
    tests: ['x86/system/control-registers.test.ts', 'x86/system/segments.test.ts', `${GUESTS}segmentation.c`],
    names: ['CLTS', 'LGDT', 'LIDT', 'LLDT', 'LTR', 'LMSW'],
  },
  {
    reason: 'privileged: control and debug registers',
    tests: [`${GUESTS}paging.c`, `${GUESTS}debug-registers.c`],
    names: ['MOV'],
    applies: (row) => row.operands.some(({ kind }) => kind === 'creg' || kind === 'dreg'),
  },
  { reason: '#UD at CPL 3', tests: [`${GUESTS}paging.c`], names: ['CLAC', 'STAC'] },
  { reason: 'an exception is their result', tests: [`${GUESTS}exceptions.c`], names: ['INT1', 'INT3'] },
  {
    reason: 'PREFETCHW with a register operand is #UD on AMD, a NOP on Intel',
    tests: [`${GUESTS}paging.c`],
    names: ['NOP'],
    applies: ({ encoding }) => encoding === '0F 0D /r',
  },
];
export const hasResultElsewhere = (row: InsnRow): boolean =>
  RESULTS_ELSEWHERE.some(({ names, applies }) => names.includes(row.name) && (applies?.(row) ?? true));

/** Forms, and their faults, that no vector shows: SYSCALL in compatibility mode exists on AMD. The campaign's list is this one. */
export const UNSEEN: readonly string[] = isOtherVendor ? ['SYSCALL 0F 05 | register | 32: a result'] : [];

interface CitedFault {
  fault: string;
  tests: readonly string[];
}
/** What CPL 3 in a process cannot show. */
export const CITED_FAULTS: readonly CitedFault[] = [
  { fault: '#UD: encodings, modes and LOCK', tests: ['x86/decode/walk.test.ts'] },
  { fault: '#UD: features that the CPU model denies', tests: ['x86/models/models.test.ts', 'x86/simd/availability.test.ts'] },
  {
    fault: '#NM and #UD by CR0, CR4 and XCR0',
    tests: ['x86/simd/availability.test.ts', 'engine/avx-unit.test.ts', 'guests/system/x87-exceptions.c'],
  },
  { fault: '#GP and #SS by segment limits and types', tests: ['guests/system/segmentation.c'] },
  { fault: '#NP and #TS', tests: ['guests/system/task-switch-32.c', 'guests/system/segmentation.c'] },
  { fault: '#DF', tests: ['guests/system/double-fault.c'] },
  { fault: '#DB: traps and breakpoints', tests: ['guests/system/debug-registers.c', 'engine/debug-registers.test.ts'] },
  { fault: '#PF: every reason and error code', tests: ['guests/system/paging.c', 'engine/paging.test.ts'] },
  { fault: '#AC', tests: ['engine/alignment-and-rf.test.ts'] },
];
