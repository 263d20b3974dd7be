// The faults of instructions by what their rows say, and where each is shown: by the oracle (then the campaign says whether it saw it), or by a test that cites the manual.
import type { InsnRow } from '../../src/x86/insn/row';
import { usesFpu } from './x87-state';

/** A kind of vector: as the campaign's coverage counts them. */
export interface Form {
  row: InsnRow;
  inMemory: boolean;
  mode32: boolean;
}

interface SeenFault {
  fault: string;
  /** As results name it. */
  vector: string;
  applies(form: Form): boolean;
}

const touches = ({ row, inMemory }: Form): boolean =>
  inMemory && !row.noSegment && !row.bitString && !isPrivileged(row) && !/^(NOP|PREFETCH|CLFLUSH|CLWB|INVLPG)/.test(row.name);
const PRIVILEGED = /^(HLT|CLI|STI|CLTS|INVD|WBINVD|LGDT|LIDT|LLDT|LTR|LMSW|INVLPG|RDMSR|WRMSR|SWAPGS|IN|OUT|INSB|INS|OUTSB|OUTS)$/;
export const isPrivileged = (row: InsnRow): boolean =>
  PRIVILEGED.test(row.name) || row.operands.some(({ kind }) => kind === 'creg' || kind === 'dreg');
const WAITS = /^F(?!N|FREE)/;
const FLOAT = /^V?((ADD|SUB|MUL|DIV|SQRT|MAX|MIN|ADDSUB|HADD|HSUB|DP|ROUND)(PS|PD|SS|SD)|CMPP[SD]|U?COMIS[SD])$|^VFN?M(ADD|SUB)/;

/** At CPL 3 with both windows, which is what the oracle has. */
export const SEEN_FAULTS: readonly SeenFault[] = [
  { fault: '#PF', vector: 'e', applies: (form) => touches(form) && !form.row.encoding.includes('mo') },
  { fault: '#GP(0): privileged', vector: 'd', applies: ({ row }) => isPrivileged(row) },
  { fault: '#DE', vector: '0', applies: ({ row }) => /^(I?DIV|AAM)$/.test(row.name) },
  { fault: '#BR', vector: '5', applies: ({ row }) => row.name === 'BOUND' },
  { fault: '#OF', vector: '4', applies: ({ row }) => row.name === 'INTO' },
  { fault: '#BP', vector: '3', applies: ({ row }) => row.name === 'INT3' },
  { fault: '#DB', vector: '1', applies: ({ row }) => row.name === 'INT1' },
  { fault: '#MF', vector: '10', applies: ({ row }) => row.unit === 'x87' && usesFpu(row) && WAITS.test(row.name) },
  { fault: '#XM', vector: '13', applies: ({ row }) => FLOAT.test(row.name) },
];

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
