// Random vectors driven by the rows that the engine implements: every row gets its share, in every mode it is valid in.

import { DATA, emptyVector, type Vector } from '../../src/engine/vectors/vector';
import { type ImmediateKind, OpcodeMap, parseEncoding } from '../../src/x86/decode/table';
import { type InsnRow, sizeClassOf } from '../../src/x86/insn/row';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { type Draft, little, memoryOperand, registerOperand } from './operands';
import type { Random } from './random';
import { putMemory, SPECIAL } from './special';

/** Helper rows whose result at CPL 3 is not the host's own business: general instructions, and privileged ones, which raise #GP. */
export const COMPARED_HELPERS: readonly string[] = [
  ...['enter', 'pusha', 'popa', 'salc', 'xlat', 'daa', 'das', 'aaa', 'aas', 'aam', 'aad', 'bound', 'popf', 'ldmxcsr', 'stmxcsr'],
  ...['hlt', 'cli', 'sti', 'clts', 'invd', 'wbinvd', 'lgdt', 'lidt', 'lldt', 'ltr', 'lmsw', 'invlpg', 'rdmsr', 'wrmsr', 'swapgs'],
  ...['movToCr', 'movFromCr', 'movToDr', 'movFromDr', 'inImmediate', 'inDx', 'outImmediate', 'outDx', 'ins', 'outs', 'clac', 'stac'],
  ...['rdfsbase', 'rdgsbase', 'wrfsbase', 'wrgsbase', 'fninit', 'fnclex', 'fldcw', 'fnstcw', 'fnstsw', 'fnstswAx'],
];

export function isTestable(row: InsnRow): boolean {
  if (row.undefined || row.unimplemented) return false;
  return row.emit !== undefined || (row.helper !== undefined && COMPARED_HELPERS.includes(row.helper));
}

export interface Subject {
  row: InsnRow;
  mode32: boolean;
}

/** Every testable row in every mode it is valid in. */
export function subjects(rows: readonly InsnRow[] = INSN_ROWS): Subject[] {
  return rows.filter(isTestable).flatMap((row) => {
    const modes = row.modes === '64' ? [false] : row.modes === 'legacy' ? [true] : [false, true];
    return modes.map((mode32) => ({ row, mode32 }));
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
    case 'ib':
      return little(random.value(), 1);
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

/** Special floating-point bit patterns beside anything. */
function xmmValue(random: Random): bigint {
  const quad = (): bigint => {
    switch (random.below(5)) {
      case 0:
        return random.pick(DOUBLES);
      case 1:
        return (random.pick(SINGLES) << 32n) | random.pick(SINGLES);
      case 2: {
        const view = new DataView(new ArrayBuffer(8));
        view.setFloat64(0, (random.u32() - 2 ** 31) / 2 ** random.below(40));
        return view.getBigUint64(0);
      }
      case 3: {
        const view = new DataView(new ArrayBuffer(8));
        view.setFloat32(0, (random.u32() - 2 ** 31) / 2 ** random.below(40));
        view.setFloat32(4, random.below(1000) - 500);
        return view.getBigUint64(0);
      }
      default:
        return random.value();
    }
  };
  return (quad() << 64n) | quad();
}
const DOUBLES: readonly bigint[] = [
  ...[0n, 1n << 63n, 0x3ff0_0000_0000_0000n, 0xbff0_0000_0000_0000n, 0x7ff0_0000_0000_0000n, 0xfff0_0000_0000_0000n],
  ...[0x7ff8_0000_0000_0000n, 0xfff8_0000_0000_0001n, 0x7ff4_0000_0000_0000n, 1n, 0x000f_ffff_ffff_ffffn, 0x0010_0000_0000_0000n],
  ...[0x7fef_ffff_ffff_ffffn, 0x41df_ffff_ffc0_0000n, 0xc1e0_0000_0000_0000n, 0x43e0_0000_0000_0000n, 0x3fe0_0000_0000_0000n],
];
const SINGLES: readonly bigint[] = [
  ...[0n, 0x8000_0000n, 0x3f80_0000n, 0xbf80_0000n, 0x7f80_0000n, 0xff80_0000n, 0x7fc0_0000n, 0x7fa0_0000n, 1n, 0x007f_ffffn],
  ...[0x0080_0000n, 0x7f7f_ffffn, 0x4f00_0000n, 0xcf00_0000n, 0x3f00_0000n, 0x40a0_0000n],
];

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
  const needed = new Set([0, 1, 2, 3, 4, 5, 6, 7, d.reg, d.rm, ...d.addressRegisters]);
  for (let i = 8; i < 16; i++) if (!needed.has(i)) d.v.gpr[i] = 0n;
}

export function generate({ row, mode32 }: Subject, random: Random, id: string): Vector {
  const { map, first, encoding } = parseEncoding(row);
  const v = emptyVector();
  v.id = id;
  v.mode32 = mode32;
  registers(v, random);
  const sizeClass = sizeClassOf(row);
  const branch = STACK_AND_BRANCH.includes(String(sizeClass)) && !row.name.startsWith('P');
  const rexW = !mode32 && (encoding.rexW || random.chance(30));
  const sized = sizeClass === 'v' || sizeClass === 'd64' || sizeClass === 'none' || sizeClass === 'y';
  const free66 = encoding.prefix === undefined && sized && !branch;
  const prefix66 = encoding.prefix === '66' || (free66 && random.chance(25));
  const address67 = !mode32 && random.chance(8);
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
    target: -1,
    ripRelative: -1,
    tail: [],
  };
  const operandSize = rexW ? 8 : prefix66 ? 2 : 4;
  const memory = row.operands.find((o) => o.kind === 'rm' || o.kind === 'm' || o.kind === 'xm' || o.kind === 'moffs');
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
    const register = control || encoding.form === 'register' || (encoding.form === 'any' && random.chance(50));
    if (register) registerOperand(d);
    else memoryOperand(d);
  }
  for (const kind of encoding.immediates) d.tail.push(...immediate(d, kind, operandSize));
  if (d.target >= 0 && d.memoryBytes > 0 && row.unit !== 'sse') putMemory(d, d.target, operandBytes(random, d.memoryBytes));
  if (row.unit === 'sse') vectorState(d, row);
  SPECIAL[row.name]?.(d);
  const rexNeeded = !mode32 && (d.rex !== 0x40 || random.chance(20));
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
  const head = [...prefixes, ...opcodeMap, opcode];
  if (d.ripRelative >= 0) {
    const next = 0x1000_0000 + head.length + d.tail.length;
    d.tail.splice(d.ripRelative, 4, ...little(BigInt(d.target - next), 4));
  }
  v.code = Uint8Array.from([...head, ...d.tail]);
  forget(d);
  return v;
}

function operandBytes(random: Random, count: number): number[] {
  return little(random.value(), 8).concat(little(random.value(), 8)).slice(0, Math.min(count, 16));
}

/** XMM operands, MXCSR, and a vector in memory. */
function vectorState(d: Draft, row: InsnRow): void {
  const { v, random } = d;
  for (const register of [d.reg, d.rm]) {
    const named = row.operands.some((o) => ['x', 'X', 'xm'].includes(o.kind));
    if (named && register >= 0) v.xmm.set(register, xmmValue(random));
  }
  if (random.chance(25)) v.mxcsr = 0x1f80 | (random.below(4) << 13) | (random.chance(30) ? 0x8000 : 0) | (random.chance(30) ? 0x40 : 0);
  if (random.chance(5)) v.mxcsr &= ~(0x80 << random.below(6));
  if (random.chance(30)) v.mxcsr |= 0x20;
  if (d.target >= 0) {
    const value = xmmValue(random);
    putMemory(d, d.target, [...little(value, 8), ...little(value >> 64n, 8)].slice(0, Math.max(1, Math.min(d.memoryBytes, 16))));
  }
}

/** `count` vectors, the rows in turn, beginning where `seed` says. */
export function makeVectors(count: number, random: Random, all: readonly Subject[] = subjects()): { vector: Vector; subject: Subject }[] {
  const start = random.below(all.length);
  return Array.from({ length: count }, (_, i) => {
    const subject = all[(start + i) % all.length] as Subject;
    const id = `${subject.row.name.replaceAll(/[^A-Za-z0-9]/g, '_').slice(0, 20)}.${i.toString(36)}`;
    return { vector: generate(subject, random, id), subject };
  });
}
