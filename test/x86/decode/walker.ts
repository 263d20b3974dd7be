// One stream through our decoder and iced-x86: length, validity, mnemonic and operands, difference by difference.
import { DecoderOptions, Decoder as Iced, type Instruction, Mnemonic, OpKind, Register } from 'iced-x86';
import { type Decoded, Decoder } from '../../../src/x86/decode/decoder';
import type { InsnRow, OperandSpec } from '../../../src/x86/insn/row';
import { INSN_ROWS } from '../../../src/x86/insn/rows';
import { ModeBit } from '../../../src/x86/layout';
import { EXPLAINED_DIFFERENCES, type ExplainedDifference, sameName } from './differences';

export const MODES = [
  { bits: 64, mode: ModeBit.code64 | ModeBit.flat | ModeBit.protectedMode | ModeBit.longMode },
  { bits: 32, mode: ModeBit.code32 | ModeBit.stack32 | ModeBit.flat | ModeBit.protectedMode },
  { bits: 16, mode: ModeBit.protectedMode },
] as const;
export type WalkMode = (typeof MODES)[number];

/** Address of every stream: near the middle of a 16-bit segment, so that displacements stay in it. */
const IP = 0x4000n;
const SEGMENTS = [Register.ES, Register.CS, Register.SS, Register.DS, Register.FS, Register.GS];
const MEMORY_KINDS: readonly number[] = [OpKind.Memory];

/** Number of a general register by iced's name, without its size; -1: none or another kind. */
function generalNumber(register: Register): number {
  if (register >= Register.AX && register <= Register.R15W) return register - Register.AX;
  if (register >= Register.EAX && register <= Register.R15D) return register - Register.EAX;
  if (register >= Register.RAX && register <= Register.R15) return register - Register.RAX;
  return -1;
}
function byteRegister(index: number, hasRex: boolean): Register {
  if (index < 4) return Register.AL + index;
  if (index >= 8) return Register.R8L + index - 8;
  return (hasRex ? Register.SPL : Register.AH) + index - 4;
}
function generalName(index: number, bytes: number, hasRex: boolean): Register {
  switch (bytes) {
    case 1:
      return byteRegister(index, hasRex);
    case 2:
      return Register.AX + index;
    case 4:
      return Register.EAX + index;
    default:
      return Register.RAX + index;
  }
}

/** The 256-bit register of an XMM register's number. */
const asYmm = (register: Register): Register =>
  register >= Register.XMM0 && register <= Register.XMM31 ? register - Register.XMM0 + Register.YMM0 : register;

function bytesOf(operand: OperandSpec, d: Decoded): number {
  return operand.size === 'v' || operand.size === 'y' || operand.size === 0 ? d.size : operand.size;
}

/** The register that an operand of ours names; undefined: none, or one whose size iced shows in its own way. */
function registerOf(operand: OperandSpec, d: Decoded): Register | undefined {
  const bytes = bytesOf(operand, d);
  switch (operand.kind) {
    case 'r':
      return generalName(d.reg, bytes, d.hasRex);
    case 'rm':
    case 'R':
      return d.hasMemory ? undefined : generalName(d.rm, bytes, d.hasRex);
    case 'o':
      return generalName(d.opcodeRegister, bytes, d.hasRex);
    case 'x':
      return Register.XMM0 + d.reg;
    case 'X':
    case 'xm':
      return d.hasMemory ? undefined : Register.XMM0 + d.rm;
    case 'sreg':
      return SEGMENTS[d.reg & 7];
    default:
      return undefined;
  }
}

function memoryDiffers(d: Decoded, i: Instruction, bits: number): string | undefined {
  const ripRelative = i.memoryBase === Register.RIP || i.memoryBase === Register.EIP;
  if (d.ripRelative !== ripRelative) return 'RIP-relative';
  if (!ripRelative && d.base !== generalNumber(i.memoryBase)) return `base ${d.base}`;
  if (d.index !== generalNumber(i.memoryIndex)) return `index ${d.index}`;
  if (d.index >= 0 && 1 << d.scale !== i.memoryIndexScale) return `scale ${d.scale}`;
  // In 64-bit mode ES, CS, SS and DS prefixes are ignored; iced shows them.
  const ignored = bits === 64 && i.memorySegment < Register.FS && i.segmentPrefix !== Register.None;
  if (!ignored && SEGMENTS[d.segment] !== i.memorySegment) return `segment ${d.segment}`;
  const wide = BigInt.asUintN(d.addressSize * 8, i.memoryDisplacement);
  const ours = (BigInt(d.displacementHigh || d.displacement >> 31) << 32n) | BigInt(d.displacement >>> 0);
  const target = ripRelative ? ours + IP + BigInt(d.length) : ours;
  if (BigInt.asUintN(d.addressSize * 8, target) !== wide) return `displacement ${d.displacement.toString(16)} in ${bits}`;
  return undefined;
}

function immediateDiffers(row: InsnRow, d: Decoded, i: Instruction): string | undefined {
  for (let n = 0; n < i.opCount; n++) {
    const kind = i.opKind(n);
    if (kind === OpKind.NearBranch16 || kind === OpKind.NearBranch32 || kind === OpKind.NearBranch64) {
      const size = kind === OpKind.NearBranch16 ? 16 : kind === OpKind.NearBranch32 ? 32 : 64;
      const target = BigInt.asUintN(size, IP + BigInt(d.length + d.immediate));
      if (target !== i.nearBranchTarget) return `branch target ${target.toString(16)}`;
    } else if (kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64 && kind !== OpKind.Immediate8_2nd) {
      if (!row.operands.some((o) => o.kind === 'imm' || o.kind === 'imms' || o.kind === 'immu')) continue;
      const size = kind === OpKind.Immediate8 ? 8 : kind === OpKind.Immediate16 ? 16 : 32;
      const ours = BigInt.asUintN(size, BigInt(d.immediate));
      if (ours !== BigInt.asUintN(size, i.immediate(n))) return `immediate ${ours.toString(16)}`;
    }
  }
  return undefined;
}

function operandsDiffer(d: Decoded, i: Instruction, bits: number): string | undefined {
  const { row } = d;
  if (!row) return undefined;
  const kinds = Array.from({ length: i.opCount }, (_, n) => i.opKind(n));
  const named = Array.from({ length: i.opCount }, (_, n) => (kinds[n] === OpKind.Register ? i.opRegister(n) : Register.None));
  for (const operand of row.operands) {
    // Hints access nothing, and name their operands as they like.
    if (operand.access === 'n' && !row.noSegment) continue;
    const register = registerOf(operand, d);
    if (register === undefined || named.includes(register) || named.includes(asYmm(register))) continue;
    // Helpers and vector instructions take selectors, control registers, masks and the like by number: iced shows the size that is read or written.
    const number = generalNumber(register);
    const byNumber = row.helper !== undefined || row.unit !== undefined || row.feature !== undefined;
    if (!byNumber || number < 0 || !named.some((each) => generalNumber(each) === number)) return `${operand.kind} is ${Register[register]}`;
  }
  if (row.operands.length === 0) return undefined;
  const memory = kinds.some((kind) => MEMORY_KINDS.includes(kind));
  if (memory !== d.hasMemory) return memory ? 'memory operand' : 'no memory operand';
  return (memory ? memoryDiffers(d, i, bits) : undefined) ?? immediateDiffers(row, d, i);
}

export class Walker {
  readonly wrong = new Map<string, string>();
  readonly explained = new Map<string, number>();
  compared = 0;
  private readonly decoder = new Decoder(INSN_ROWS);

  constructor(private readonly mode: WalkMode) {}

  private note(d: Decoded, name: string, what: ExplainedDifference['what'], text: string, bytes: Uint8Array): void {
    const reason = EXPLAINED_DIFFERENCES.find((item) => item.what === what && item.mnemonic.test(name))?.reason;
    if (reason !== undefined) this.explained.set(reason, (this.explained.get(reason) ?? 0) + 1);
    else {
      const hex = Buffer.from(bytes).toString('hex');
      this.wrong.set(
        `${what} ${d.row?.name ?? d.status} ${d.row?.encoding ?? ''} / ${name}`,
        `${hex}: ${d.row?.name ?? d.status} / ${name}: ${text}`,
      );
    }
  }

  compare(stream: readonly number[]): void {
    const { bits, mode } = this.mode;
    const bytes = Uint8Array.from(stream);
    const iced = new Iced(bits, bytes, DecoderOptions.None);
    iced.ip = IP;
    const theirs = iced.decode();
    const d = this.decoder.decode(bytes, 0, bytes.length, mode);
    const valid = theirs.mnemonic !== Mnemonic.INVALID;
    const name = valid ? (Mnemonic[theirs.mnemonic] ?? '') : 'INVALID';
    this.compared++;
    if (d.status === 'ok' && !valid) this.note(d, name, 'validity', 'iced: invalid', bytes);
    else if (d.status === 'undefined' && valid) this.note(d, name, 'validity', 'ours: undefined', bytes);
    else if (d.status === 'ok' && d.row) {
      if (d.length !== theirs.length) this.note(d, name, 'length', `${d.length}, iced ${theirs.length}`, bytes);
      else if (!sameName(d.row.name, name)) this.note(d, name, 'name', d.row.name, bytes);
      else {
        const text = operandsDiffer(d, theirs, bits);
        if (text !== undefined) this.note(d, name, 'operands', text, bytes);
      }
    }
    theirs.free();
    iced.free();
  }
}
