// Random vectors driven by the rows that the engine implements: every row gets its share, in every mode it is valid in.

import { DATA, emptyVector, type Vector } from '../../src/engine/vectors/vector';
import { type ImmediateKind, OpcodeMap, parseEncoding } from '../../src/x86/decode/table';
import { type InsnRow, sizeClassOf } from '../../src/x86/insn/row';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { type Aim, openMask, takeAim } from './aims';
import { type Draft, little, memoryOperand, registerOperand } from './operands';
import type { Random } from './random';
import { SELECTOR_OPERANDS } from './selectors';
import { putMemory, SPECIAL } from './special';
import { vectorState } from './vector-values';
import { chooseVex, vexHead } from './vex';
import { gatherOperand, isGather } from './vsib';
import { fpuState, usesFpu } from './x87-state';
import { areaTarget, isXsave, spoilsRfbm, xsaveArea } from './xsave-area';

/** Helper rows whose result at CPL 3 is not the host's own business: general instructions, and privileged ones, which raise #GP. */
export const COMPARED_HELPERS: readonly string[] = [
  ...[
    'enter',
    'pusha',
    'popa',
    'salc',
    'xlat',
    'daa',
    'das',
    'aaa',
    'aas',
    'aam',
    'aad',
    'bound',
    'popf',
    'ldmxcsr',
    'stmxcsr',
    'maskmovdqu',
    ...['maskedLoad32', 'maskedLoad64', 'maskedStore32', 'maskedStore64', 'gatherDD', 'gatherDQ', 'gatherQD', 'gatherQQ'],
  ],
  ...['hlt', 'cli', 'sti', 'clts', 'invd', 'wbinvd', 'lgdt', 'lidt', 'lldt', 'ltr', 'lmsw', 'invlpg', 'rdmsr', 'wrmsr', 'swapgs'],
  ...['movToCr', 'movFromCr', 'movToDr', 'movFromDr', 'inImmediate', 'inDx', 'outImmediate', 'outDx', 'ins', 'outs', 'clac', 'stac'],
  ...['rdfsbase', 'rdgsbase', 'wrfsbase', 'wrgsbase', 'fninit', 'fnclex', 'maskmovq'],
  ...Object.keys(SELECTOR_OPERANDS),
  ...['intN', 'int3', 'int1', 'into', 'syscall'],
  ...['fldenv', 'fnstenv', 'frstor', 'fnsave', 'fxsave', 'fxrstor', 'xsave', 'xsaveopt', 'xsavec', 'xrstor'],
];

export function isTestable(row: InsnRow): boolean {
  if (row.undefined || row.unimplemented) return false;
  return row.emit !== undefined || (row.helper !== undefined && COMPARED_HELPERS.includes(row.helper));
}

const isVector = (row: InsnRow): boolean => row.unit === 'sse' || row.unit === 'avx';

export interface Subject {
  row: InsnRow;
  mode32: boolean;
  parsed: ReturnType<typeof parseEncoding>;
}

export interface Generated {
  vector: Vector;
  /** For a sequence: of its first instruction. */
  subject: Subject;
  inMemory: boolean;
}

/** Every testable row in every mode it is valid in. */
export function subjects(rows: readonly InsnRow[] = INSN_ROWS): Subject[] {
  return rows.filter(isTestable).flatMap((row) => {
    const modes = row.modes === '64' ? [false] : row.modes === 'legacy' ? [true] : [false, true];
    const parsed = parseEncoding(row);
    return modes.map((mode32) => ({ row, mode32, parsed }));
  });
}

const FLAG_BITS = 0xcd5n;
const ALIGNMENT_CHECK = 0x4_0000n;
const STACK_AND_BRANCH = ['f64', 'd64'];

function formBytes(sizeClass: ReturnType<typeof sizeClassOf>, d: { mode32: boolean; rexW: boolean; prefix66: boolean }): number {
  const operand = d.rexW ? 8 : d.prefix66 ? 2 : 4;
  switch (sizeClass) {
    case 'v':
    case 'none':
    case 'address':
      return operand;
    case 'y':
      return d.rexW ? 8 : 4;
    case 'd64':
    case 'f64':
      return d.mode32 ? (d.prefix66 ? 2 : 4) : d.prefix66 && !d.rexW ? 2 : 8;
    default:
      return sizeClass;
  }
}

function immediate(d: Draft, kind: ImmediateKind, operandSize: number): number[] {
  const { random } = d;
  switch (kind) {
    case 'is4':
      d.is4 = random.below(d.v.mode32 ? 8 : 16);
      return [(d.is4 << 4) | random.below(16)];
    case 'ib':
      // Dot products multiply the lanes that it names.
      return d.aim?.kind === 'unmasked' ? [0xff] : little(random.value(), 1);
    case 'iw':
      return little(random.chance(70) ? BigInt(random.below(64)) : random.value(), 2);
    case 'iz':
      return little(random.value(), operandSize === 2 ? 2 : 4);
    case 'iv':
      return little(random.value(), operandSize);
    case 'mo':
      d.target = DATA + 256 + random.below(0x1e00);
      return little(BigInt(d.target) - d.segmentBase, d.addressSize);
    case 'cb':
      return [random.below(0x78)];
    case 'cz':
      return little(BigInt(random.below(0xf00)), d.v.mode32 && operandSize === 2 ? 2 : 4);
    case 'ap':
      throw new Error('far pointers have no vectors');
  }
}

function registers(v: Vector, random: Random): void {
  const last = v.mode32 ? 8 : 16;
  // A value that several registers share makes comparisons equal now and then.
  const shared = random.value();
  for (let i = 0; i < last; i++) {
    if (i === 4) continue;
    const value = random.chance(15) ? shared : random.value();
    v.gpr[i] = v.mode32 ? BigInt.asUintN(32, value) : value;
  }
  v.rflags = 0x202n | (BigInt(random.u32()) & FLAG_BITS) | (random.chance(4) ? ALIGNMENT_CHECK : 0n);
}

/** Registers that the vector does not need get their default value: short lines. */
function forget(d: Draft): void {
  for (let i = 8; i < 16; i++) if (i !== d.reg && i !== d.rm && i !== d.vvvv && !d.addressRegisters.has(i)) d.v.gpr[i] = 0n;
}

/** `aim`: the fault, and the form of the operand, that are wanted. */
export function generate(subject: Subject, random: Random, id: string, aim?: Aim): Generated {
  const { row, mode32 } = subject;
  const { map, first, encoding } = subject.parsed;
  const v = emptyVector();
  v.id = id;
  v.mode32 = mode32;
  registers(v, random);
  const sizeClass = sizeClassOf(row);
  const branch = STACK_AND_BRANCH.includes(String(sizeClass)) && !row.name.startsWith('P');
  const anyW = aim?.kind === 'unmasked' || random.chance(30);
  const rexW = !mode32 && (encoding.rexW || (encoding.vex && encoding.vex.w >= 0 ? encoding.vex.w === 1 : anyW));
  const sized = sizeClass === 'v' || sizeClass === 'd64' || sizeClass === 'none' || sizeClass === 'y';
  const vex = encoding.vex;
  const free66 = !vex && encoding.prefix === undefined && sized && !branch;
  const prefix66 = encoding.prefix === '66' || (free66 && random.chance(25));
  const address67 = !mode32 && random.chance(8) && aim?.kind !== 'not canonical';
  const segment = !mode32 && !row.noSegment && random.chance(10) ? random.pick([0x64, 0x65]) : 0;
  if (segment) v[segment === 0x64 ? 'fsbase' : 'gsbase'] = random.chance(50) ? BigInt(random.below(0x1000)) : 0x1234_5000n;
  const d: Draft = {
    v,
    random,
    encoding,
    size: formBytes(sizeClass, { mode32, rexW, prefix66 }),
    memoryBytes: 0,
    addressSize: mode32 || address67 ? 4 : 8,
    rex: mode32 ? 0 : 0x40 | (rexW ? 8 : 0) | random.below(8),
    segmentBase: segment === 0 ? 0n : segment === 0x64 ? v.fsbase : v.gsbase,
    addressRegisters: new Set(),
    reg: 0,
    rm: -1,
    vvvv: -1,
    is4: -1,
    target: -1,
    ripRelative: -1,
    tail: [],
    aim,
    place: isXsave(row) ? areaTarget : undefined,
  };
  const operandSize = rexW ? 8 : prefix66 ? 2 : 4;
  const memory = row.operands.find((o) => o.kind === 'rm' || o.kind === 'm' || o.kind === 'xm' || o.kind === 'qm' || o.kind === 'moffs');
  const spec = memory?.size ?? 0;
  d.memoryBytes = spec === 'v' || spec === 0 ? d.size : spec === 'y' ? (rexW ? 8 : 4) : spec;
  if (row.name.startsWith('CMPXCHG') && row.name.endsWith('B')) d.memoryBytes = row.name === 'CMPXCHG16B' ? 16 : 8;
  const opcode = encoding.plusRegister ? first + random.below(8) : first;
  if (encoding.plusRegister) d.rm = (opcode & 7) | ((d.rex & 1) << 3);
  if (encoding.modrm >= 0) d.tail.push(encoding.modrm);
  else if (encoding.hasModrm) {
    const control = row.operands.some((o) => o.kind === 'creg' || o.kind === 'dreg');
    const selectors = row.operands.some((o) => o.kind === 'sreg');
    const digit = encoding.digit >= 0 ? encoding.digit : control ? random.pick([0, 2, 3]) : selectors ? random.below(6) : random.below(8);
    if (encoding.digit >= 0 || control || selectors) d.rex &= ~4;
    d.reg = digit | ((d.rex & 4) << 1);
    const register = control || encoding.form === 'register' || (encoding.form === 'any' && (aim ? !aim.inMemory : random.chance(50)));
    if (isGather(row)) gatherOperand(d, row);
    else if (register) registerOperand(d);
    else memoryOperand(d);
  }
  if (vex) chooseVex(d);
  for (const kind of encoding.immediates) d.tail.push(...immediate(d, kind, operandSize));
  if (isXsave(row)) {
    if (spoilsRfbm(d)) return generate(subject, random, id, aim);
    xsaveArea(d, row);
  }
  // What is special comes first: memory is laid once.
  SPECIAL[row.name]?.(d);
  if (row.helper !== undefined) SELECTOR_OPERANDS[row.helper]?.(d);
  if (d.target >= 0 && d.memoryBytes > 0 && !isVector(row) && !usesFpu(row) && !isXsave(row))
    putMemory(d, d.target, operandBytes(random, d.memoryBytes));
  if (isVector(row)) vectorState(d, row);
  if (usesFpu(row)) fpuState(d, row);
  openMask(d, row);
  takeAim(d, row);
  const rexNeeded = !mode32 && !vex && (d.rex !== 0x40 || random.chance(20));
  const lockable = row.lock === true && d.target >= 0 && random.chance(12);
  const repeat = row.rep !== undefined && random.chance(65) ? (row.rep === 'repz' ? random.pick([0xf2, 0xf3]) : 0xf3) : 0;
  const prefixes = [
    ...(lockable ? [0xf0] : []),
    ...(segment ? [segment] : []),
    ...(address67 ? [0x67] : []),
    ...(prefix66 ? [0x66] : []),
    ...(encoding.prefix === 'F2' ? [0xf2] : encoding.prefix === 'F3' ? [0xf3] : repeat ? [repeat] : []),
    ...(rexNeeded ? [d.rex] : []),
  ];
  const opcodeMap =
    map === OpcodeMap.primary ? [] : map === OpcodeMap.escape0f ? [0x0f] : map === OpcodeMap.escape0f38 ? [0x0f, 0x38] : [0x0f, 0x3a];
  const head = [...prefixes, ...(vex ? vexHead(d, vex) : opcodeMap), opcode];
  if (d.ripRelative >= 0) {
    const next = 0x1000_0000 + head.length + d.tail.length;
    d.tail.splice(d.ripRelative, 4, ...little(BigInt(d.target - next), 4));
  }
  v.code = Uint8Array.from([...head, ...d.tail]);
  forget(d);
  return { vector: v, subject, inMemory: d.target >= 0 || isGather(row) };
}

function operandBytes(random: Random, count: number): number[] {
  return little(random.value(), 8).concat(little(random.value(), 8)).slice(0, Math.min(count, 16));
}

/** `count` vectors, the rows in turn, beginning where `seed` says. */
export function makeVectors(count: number, random: Random, all: readonly Subject[] = subjects()): Generated[] {
  const start = random.below(all.length);
  const names = all.map(({ row }) => row.name.replaceAll(/[^A-Za-z0-9]/g, '_').slice(0, 20));
  return Array.from({ length: count }, (_, i) => {
    const at = (start + i) % all.length;
    return generate(all[at] as Subject, random, `${names[at]}.${i.toString(36)}`);
  });
}
