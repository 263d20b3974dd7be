// The handlers that stand in the interpreter's table, and the sequences that one handler runs: the most frequent ones of compiled code, measured with the
// benchmark guest's items and a kernel. Keys as forms.ts makes them; a key that no row has is an error.
import { CONDITIONS } from '../x86/emit/flags';

const SIZES = [4, 8] as const;
const perSize = (text: string): string[] => SIZES.map((n) => text.replaceAll('#', String(n)));
const RR = '# register - b#,a#';
const RI = '# register - b#,imm#';
const LOAD = '# base - a#,memory#';
const LOAD_INDEX = '# index - a#,memory#';
const STORE = '# base - memory#,a#';
const STORE_INDEX = '# index - memory#,a#';
const STORE_IMM = '# base - memory#,imm#';

const JCC = CONDITIONS.map((cc) => `J${cc.toUpperCase()}`);
const LINKED = '8 register linked rel8';

const forms = (names: readonly string[], shapes: readonly string[]): string[] =>
  names.flatMap((name) => shapes.flatMap((shape) => perSize(`${name} ${shape}`)));

export const HOT: readonly string[] = [
  ...forms(['MOV'], [RR, RI, LOAD, LOAD_INDEX, STORE, STORE_INDEX, STORE_IMM]),
  ...forms(['ADD', 'SUB', 'AND', 'OR', 'XOR', 'CMP'], [RR, RI, LOAD]),
  ...forms(['ADD', 'SUB', 'CMP'], [STORE_IMM]),
  ...forms(['CMP', 'ADD'], [STORE]),
  ...forms(['TEST'], [RR, RI]),
  ...forms(['LEA'], [LOAD, LOAD_INDEX]),
  ...forms(['SHL', 'SHR', 'SAR', 'ROL', 'ROR'], [RI]),
  ...forms(['SHL', 'SHR'], ['# register - b#,one#']),
  ...forms(['IMUL'], [RR]),
  ...forms(['NEG', 'NOT'], ['# register - b#']),
  ...forms(['CMOVE', 'CMOVNE', 'CMOVB', 'CMOVAE', 'CMOVA', 'CMOVBE', 'CMOVL', 'CMOVGE', 'CMOVS'], [RR]),
  ...forms(['MOVZX'], ['# base - a#,memory1', '# index - a#,memory1', '# base - a#,memory2', '# index - a#,memory2']),
  ...forms(['MOVSX'], ['# base - a#,memory1', '# base - a#,memory2', '# index - a#,memory2']),
  'MOVZX 4 register - b4,a1',
  'MOVZX 4 register - b4,a2',
  'MOVSX 4 register - b4,a1',
  'MOVSX 4 register - b4,a2',
  'MOVSXD 8 register - b8,a4',
  'MOVSXD 8 base - a8,memory4',
  'MOV 1 base - memory1,a1',
  'MOV 1 index - memory1,a1',
  'MOV 1 base - memory1,imm1',
  'MOV 1 register - b1,a1',
  'MOV 2 base - memory2,a2',
  'MOV 8 register - b8,imm648',
  'CMP 1 register - b1,imm1',
  'CMP 1 base - memory1,imm1',
  'TEST 1 register - b1,a1',
  'TEST 1 register - b1,imm1',
  'TEST 1 base - memory1,imm1',
  'CMP 1 index - a1,memory1',
  'SAR 8 register - b8,one8',
  'MOVSXD 8 index - a8,memory4',
  'SBB 4 register - b4,a4',
  'AND 1 register - b1,imm1',
  'XOR 1 base - a1,memory1',
  'SHR 1 register - b1,one1',
  'SHR 2 register - b2,one2',
  'XOR 2 register - b2,imm2',
  'INC 4 base - memory4',
  'DEC 4 base - memory4',
  'INC 4 register - b4',
  'DEC 4 register - b4',
  'SETE 1 register - b1',
  'SETNE 1 register - b1',
  'CMP 1 register - b1,a1',
  'CMP 1 base - memory1,a1',
  'MOVD 4 index - a4,memory4',
  'PADDD 16 register - b16,a16',
  'PUSH 8 register - b8',
  'POP 8 register - b8',
  'LEAVE 8 register - ',
  'NOP 2 register - ',
  'NOP 4 register - ',
  'NOP 2 base - memory2,a2',
  'NOP 4 base - memory4,a4',
  ...JCC.map((name) => `${name} ${LINKED}`),
  `JMP ${LINKED}`,
  `CALL ${LINKED}`,
  'JMP 8 register looked-up rel8',
  'CALL 8 register looked-up rel8',
  'RET 8 register - ',
  'JE 8 register looked-up rel8',
  'JNE 8 register looked-up rel8',
  'CALL 8 base - memory8',
  'JMP 8 register - b8',
  'CALL 8 register - b8',
  'MOVAPD 16 register - b16,a16',
  'MOVSD 8 base - a8,memory8',
  'MOVSD 8 base - memory8,a8',
  'MOVSD 8 register - b8,a8',
  ...['ADDSD', 'SUBSD', 'MULSD'].flatMap((name) => [`${name} 8 register - b8,a8`, `${name} 8 base - a8,memory8`]),
];

const COMMON = ['JE', 'JNE', 'JB', 'JAE', 'JBE', 'JA', 'JL', 'JGE', 'JLE', 'JG'];
const compareAndBranch = [
  ...forms(['CMP'], [RR, RI]).flatMap((first) => COMMON.map((jump) => `${first} + ${jump} ${LINKED}`)),
  ...forms(['TEST'], [RR]).flatMap((first) => ['JE', 'JNE', 'JS', 'JNS', 'JLE', 'JG'].map((jump) => `${first} + ${jump} ${LINKED}`)),
  ...[
    'TEST 1 register - b1,a1',
    'TEST 1 register - b1,imm1',
    'TEST 4 register - b4,imm4',
    'CMP 1 register - b1,imm1',
    'CMP 1 base - memory1,imm1',
    'CMP 4 base - memory4,imm4',
    'CMP 8 base - memory8,imm8',
    'SUB 4 register - b4,imm4',
    'SUB 8 register - b8,imm8',
    'AND 4 register - b4,imm4',
    'CMP 4 base - a4,memory4',
    'CMP 8 base - a8,memory8',
  ].flatMap((first) => ['JE', 'JNE'].map((jump) => `${first} + ${jump} ${LINKED}`)),
];

const add8 = 'ADD 8 register - b8,imm8';
const load8 = 'MOV 8 base - a8,memory8';
const load4 = 'MOV 4 base - a4,memory4';
const copy8 = 'MOV 8 register - b8,a8';
const copy4 = 'MOV 4 register - b4,a4';
const add4 = 'ADD 4 register - b4,imm4';
const sum8 = 'ADD 8 register - b8,a8';
const extend = 'MOVSXD 8 register - b8,a4';
const reach8 = 'LEA 8 base - a8,memory8';
const byte = 'MOVZX 4 base - a4,memory1';
const testByte = 'TEST 1 register - b1,a1';
const below = ['CMP 8 register - b8,a8', `JAE ${LINKED}`];
const push = 'PUSH 8 register - b8';
const nop = 'NOP 4 base - memory4,a4';
/** Arithmetic, then a compare and branch; a load, then a test and branch. */
const threes = [
  ...['ADD 4 register - b4,imm4', add8, 'ADD 4 register - b4,a4', copy8, copy4].flatMap((first) =>
    ['CMP 4 register - b4,imm4', 'CMP 8 register - b8,imm8', 'CMP 4 register - b4,a4', 'CMP 8 register - b8,a8'].flatMap((compare) =>
      ['JNE', 'JE'].map((jump) => `${first} + ${compare} + ${jump} ${LINKED}`),
    ),
  ),
  ...[`${load8} + TEST 8 register - b8,a8`, `${load4} + TEST 4 register - b4,a4`, `${copy8} + TEST 8 register - b8,a8`].flatMap((first) =>
    ['JNE', 'JE'].map((jump) => `${first} + ${jump} ${LINKED}`),
  ),
];
const pairs = [
  [add8, add8],
  [add8, 'ADD 4 register - b4,imm4'],
  ['ADD 4 register - b4,imm4', add8],
  ['MOVSX 4 base - a4,memory2', 'MOVSX 4 base - a4,memory2'],
  ['IMUL 4 register - b4,a4', 'ADD 4 register - b4,a4'],
  ['MOV 8 index - a8,memory8', add8],
  ['MOV 8 index - memory8,a8', add8],
  ['ADD 8 register - b8,a8', 'MOV 8 index - memory8,a8'],
  ['MOV 8 index - a8,memory8', 'MOV 8 index - memory8,a8'],
  ['MOV 8 index - a8,memory8', 'JMP 8 register - b8'],
  ['ADD 4 register - b4,imm4', 'MOVZX 4 base - a4,memory1'],
  [copy8, copy8],
  [copy4, copy4],
  [copy8, copy4],
  [copy4, copy8],
  [load8, load8],
  [load8, copy8],
  [copy8, load8],
  ['MOV 8 base - memory8,a8', copy8],
  ['MOV 8 base - memory8,a8', 'MOV 8 base - memory8,a8'],
  ['XOR 4 register - b4,a4', 'XOR 4 register - b4,a4'],
  [copy8, 'SHR 8 register - b8,imm8'],
  [copy4, 'SHR 4 register - b4,imm4'],
  [copy4, 'AND 4 register - b4,imm4'],
  ['SHR 8 register - b8,imm8', 'XOR 8 register - b8,a8'],
  ['XOR 8 register - b8,a8', 'ROL 8 register - b8,imm8'],
  [copy8, 'IMUL 8 register - b8,a8'],
  ['IMUL 8 register - b8,a8', 'XOR 8 register - b8,a8'],
  [copy4, 'SHR 1 register - b1,one1'],
  ['XOR 4 register - b4,a4', 'SHR 2 register - b2,one2'],
  [copy4, 'XOR 2 register - b2,imm2'],
  ['AND 4 register - b4,imm4', 'CMOVNE 4 register - b4,a4'],
  ['PUSH 8 register - b8', 'PUSH 8 register - b8'],
  ['POP 8 register - b8', 'POP 8 register - b8'],
  ['POP 8 register - b8', 'RET 8 register - '],
  ['PUSH 8 register - b8', copy4],
  ['PUSH 8 register - b8', copy8],
  [copy4, 'PUSH 8 register - b8'],
  ['LEA 4 base - a4,memory4', `CALL ${LINKED}`],
  [copy8, `CALL ${LINKED}`],
  // A kernel's boot: 13 % fewer dispatches.
  ['ADD 4 register - b4,imm4', 'MOVSXD 8 register - b8,a4', 'ADD 8 register - b8,a8'],
  ['ADD 4 register - b4,imm4', 'ADD 4 register - b4,imm4'],
  ['SUB 8 register - b8,imm8', 'RET 8 register - '],
  ['XOR 4 register - b4,a4', `JMP ${LINKED}`],
  ['XOR 4 register - b4,a4', 'RET 8 register - '],
  ['MOVZX 4 base - a4,memory1', add8],
  [add8, 'TEST 1 register - b1,a1', `JE ${LINKED}`],
  [add8, `JMP ${LINKED}`],
  ['POP 8 register - b8', 'POP 8 register - b8', 'POP 8 register - b8', 'POP 8 register - b8'],
  ['POP 8 register - b8', 'POP 8 register - b8', 'RET 8 register - '],
  [copy8, 'CALL 8 register looked-up rel8'],
  // A kernel's boot again: names of symbols, sorting and searching, comparing strings; functions that begin with the place of a tracer's call.
  [byte, testByte, `JNS ${LINKED}`],
  [byte, testByte, `JE ${LINKED}`],
  [byte, testByte, `JNE ${LINKED}`],
  [byte, `JMP ${LINKED}`],
  [byte, add8, testByte, `JE ${LINKED}`],
  [add4, add4, extend, sum8, 'CMP 4 register - b4,a4', `JNE ${LINKED}`],
  [extend, sum8],
  [extend, 'MOVSXD 8 index - a8,memory4', 'TEST 4 register - b4,a4', `JNS ${LINKED}`],
  ['MOVSXD 8 base - a8,memory4', sum8],
  [sum8, extend],
  [sum8, ...below],
  [...below.slice(0, 1), 'CMOVB 8 register - b8,a8', 'CMOVAE 8 register - b8,a8', copy8],
  ['NOT 8 register - b8', 'ADD 8 base - a8,memory8'],
  ['MOVZX 4 register - b4,a1', 'TEST 1 base - memory1,imm1', `JNE ${LINKED}`],
  ['TEST 1 base - memory1,imm1', `JNE ${LINKED}`],
  ['TEST 1 base - memory1,imm1', `JE ${LINKED}`],
  [add8, 'CMP 1 base - memory1,imm1', `JNE ${LINKED}`],
  ['MOVZX 4 index - a4,memory1', 'CMP 1 index - a1,memory1', `JE ${LINKED}`],
  [copy8, 'SUB 8 register - b8,a8'],
  [copy4, 'SUB 4 register - b4,a4'],
  [copy8, 'SHR 8 register - b8,imm8', 'SAR 8 register - b8,imm8', sum8],
  ['SHR 8 register - b8,one8', sum8],
  ['SUB 8 register - b8,a8', copy8, 'SHR 8 register - b8,imm8'],
  ['SUB 8 register - b8,a8', 'CMP 8 register - b8,imm8', `JA ${LINKED}`],
  ['SUB 4 register - b4,imm4', 'CMP 4 register - b4,imm4', `JBE ${LINKED}`],
  ['MOVSX 4 register - b4,a1', 'SUB 4 register - b4,imm4', 'CMP 4 register - b4,imm4', `JBE ${LINKED}`],
  ['CMP 4 base - a4,memory4', `JAE ${LINKED}`],
  ['CMP 8 base - memory8,a8', `JNE ${LINKED}`],
  ['CMP 4 base - memory4,a4', `JE ${LINKED}`],
  [reach8, copy8],
  [reach8, ...below],
  [copy8, ...below],
  [add8, 'MOV 1 base - memory1,a1'],
  [load8, 'MOV 8 base - memory8,a8'],
  ['MOV 8 base - memory8,imm8', 'MOV 8 base - memory8,imm8'],
  ['SBB 4 register - b4,a4', 'OR 4 register - b4,imm4'],
  [push, copy8, push, copy8],
  [nop, push, copy8],
  [nop, push, push],
  [nop, copy8],
  ['POP 8 register - b8', 'JMP 8 register looked-up rel8'],
  ['MULSD 8 register - b8,a8', 'MULSD 8 register - b8,a8'],
  ['MULSD 8 register - b8,a8', 'ADDSD 8 register - b8,a8'],
  ['MOVAPD 16 register - b16,a16', 'MULSD 8 register - b8,a8'],
].map((pair) => pair.join(' + '));

export const FUSED: readonly string[] = [...compareAndBranch, ...threes, ...pairs];
