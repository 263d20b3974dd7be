// Instruction decoding in 64-, 32- and 16-bit modes (SDM vol 2, ch. 2), by tables made from the rows.

import type { InsnRow } from '../insn/row';
import { ModeBit, Seg } from '../layout';
import { type Encoding, OpcodeMap, type OpcodePlace, OpcodeTables } from './table';
import { VexPrefix } from './vex';

export type DecodeStatus =
  | 'ok'
  /** #UD. */
  | 'undefined'
  /** Valid, but no row has its semantics. */
  | 'unimplemented'
  /** Longer than 15 bytes: #GP(0). */
  | 'too-long'
  /** The bytes given end inside the instruction. */
  | 'truncated';

/** One decoded instruction; the decoder reuses the object. */
export class Decoded {
  status: DecodeStatus = 'undefined';
  row: InsnRow | undefined;
  length = 0;
  /** Bytes of the form. */
  size: 1 | 2 | 4 | 8 | 16 | 32 = 4;
  /** 2, 4 or 8 by prefixes alone. */
  operandSize: 2 | 4 | 8 = 4;
  addressSize: 2 | 4 | 8 = 8;
  opcode = 0;
  hasRex = false;
  hasModrm = false;
  modrm = 0;
  /** ModRM.rm is memory, or the row has a memory offset. */
  hasMemory = false;
  reg = 0;
  rm = 0;
  /** Register in the opcode. */
  opcodeRegister = 0;
  base = -1;
  index = -1;
  scale = 0;
  ripRelative = false;
  /** Signed; the high half of a 64-bit memory offset is displacementHigh. */
  displacement = 0;
  displacementHigh = 0;
  /** Effective segment of the memory operand (Seg). */
  segment = 3;
  /** A segment prefix was given (for string instructions: replaces DS). */
  segmentPrefix = -1;
  /** First immediate or branch displacement, sign-extended to 32 bits; its high half. */
  immediate = 0;
  immediateHigh = 0;
  /** Second immediate (ENTER, far pointers: the selector). */
  immediate2 = 0;
  rep: 'none' | 'rep' | 'repne' = 'none';
  lock = false;
  /** Register that VEX.vvvv names, or −1. */
  vvvv = -1;
  /** Bytes of a vector by VEX.L. */
  vectorLength: 16 | 32 = 16;
  /** Register in the immediate of /is4. */
  immediateRegister = 0;
}

const SEGMENT_PREFIXES: readonly (readonly [number, number])[] = [
  [0x26, Seg.es],
  [0x2e, Seg.cs],
  [0x36, Seg.ss],
  [0x3e, Seg.ds],
  [0x64, Seg.fs],
  [0x65, Seg.gs],
];
/** By byte: its segment, another prefix, or none. */
const ByteKind = { otherPrefix: -1, opcode: -2 } as const;
const BYTE_KIND = new Int8Array(256).fill(ByteKind.opcode);
for (const [byte, segment] of SEGMENT_PREFIXES) BYTE_KIND[byte] = segment;
for (const byte of [0x66, 0x67, 0xf0, 0xf2, 0xf3]) BYTE_KIND[byte] = ByteKind.otherPrefix;
const BASE_16 = [3, 3, 5, 5, 6, 7, 5, 3];
const INDEX_16 = [6, 7, 6, 7, -1, -1, -1, -1];

const CONTROL_REGISTERS = [0, 2, 3, 4, 8];
/** Segment, control and debug registers have gaps. */
function registerExists(row: InsnRow, reg: number): boolean {
  return row.operands.every((operand) => {
    if (operand.kind === 'sreg') return (reg & 7) <= Seg.gs && !(operand.access === 'w' && (reg & 7) === Seg.cs);
    if (operand.kind === 'creg') return CONTROL_REGISTERS.includes(reg);
    return operand.kind !== 'dreg' || reg < 8;
  });
}

export class Decoder {
  private readonly tables: OpcodeTables;
  private readonly result = new Decoded();
  private readonly vex = new VexPrefix();
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private end = 0;
  private truncated = false;

  /** `places`: see OpcodeTables. */
  constructor(rows: readonly InsnRow[], places?: ReadonlyMap<string, OpcodePlace>) {
    this.tables = new OpcodeTables(rows, places);
  }

  /** What an opcode may stand for. */
  encodings(map: number, opcode: number): readonly Encoding[] {
    return this.tables.at(map, opcode);
  }

  private u8(): number {
    if (this.at >= this.end) {
      this.truncated = true;
      return 0;
    }
    return this.bytes[this.at++]!;
  }
  private i8(): number {
    return (this.u8() << 24) >> 24;
  }
  private u16(): number {
    return this.u8() | (this.u8() << 8);
  }
  private i32(): number {
    return this.u16() | (this.u16() << 16);
  }

  /** Decodes the instruction that begins at `bytes[start]`; `end` is behind the last byte that may be looked at. */
  decode(bytes: Uint8Array, start: number, end: number, mode: number): Decoded {
    const d = this.result;
    this.bytes = bytes;
    this.at = start;
    this.end = Math.min(end, start + 15);
    this.truncated = false;
    d.status = this.decodeInto(d, mode);
    d.length = this.at - start;
    if (this.truncated) {
      d.status = end - start >= 15 ? 'too-long' : 'truncated';
      d.row = undefined;
    }
    return d;
  }

  private decodeInto(d: Decoded, mode: number): DecodeStatus {
    const code64 = (mode & ModeBit.code64) !== 0;
    const default32 = code64 || (mode & ModeBit.code32) !== 0;
    let operandPrefix = false;
    let addressPrefix = false;
    let rex = 0;
    let opcode: number;
    d.rep = 'none';
    d.lock = false;
    d.segmentPrefix = -1;
    for (;;) {
      opcode = this.u8();
      if (this.truncated) return 'undefined';
      const kind = BYTE_KIND[opcode]!;
      if (kind === ByteKind.opcode) {
        if (!code64 || (opcode & 0xf0) !== 0x40) break;
        rex = opcode;
        continue;
      }
      if (kind >= 0) {
        const segment = kind;
        if (!code64 || segment >= Seg.fs) d.segmentPrefix = segment;
      } else if (opcode === 0x66) operandPrefix = true;
      else if (opcode === 0x67) addressPrefix = true;
      else if (opcode === 0xf0) d.lock = true;
      else if (opcode === 0xf2) d.rep = 'repne';
      else d.rep = 'rep';
      rex = 0; // A REX prefix counts only right before the opcode.
    }
    let map: number = OpcodeMap.primary;
    d.vvvv = -1;
    this.vex.present = false;
    if ((opcode === 0xc4 || opcode === 0xc5) && this.isVex(mode)) {
      this.vexPrefix(d, opcode, code64);
      if (d.lock || operandPrefix || d.rep !== 'none' || rex || this.vex.map < 1 || this.vex.map > 3) return 'undefined';
      map = OpcodeMap.vex + this.vex.map;
      rex = this.vex.rex;
      opcode = this.u8();
    } else if (opcode === 0x0f) {
      map = OpcodeMap.escape0f;
      opcode = this.u8();
      if (opcode === 0x38 || opcode === 0x3a) {
        map = opcode === 0x38 ? OpcodeMap.escape0f38 : OpcodeMap.escape0f3a;
        opcode = this.u8();
      }
    }
    d.opcode = opcode;
    d.hasRex = rex !== 0 || this.vex.present;
    d.hasModrm = false;
    d.hasMemory = false;
    d.row = undefined;
    d.base = -1;
    d.index = -1;
    d.scale = 0;
    d.ripRelative = false;
    d.displacement = 0;
    d.displacementHigh = 0;
    d.immediate = 0;
    d.immediateHigh = 0;
    d.immediate2 = 0;
    d.segment = d.segmentPrefix < 0 ? Seg.ds : d.segmentPrefix;
    const rexW = (rex & 8) !== 0;
    d.operandSize = rexW ? 8 : default32 !== operandPrefix ? 4 : 2;
    d.addressSize = code64 ? (addressPrefix ? 4 : 8) : default32 !== addressPrefix ? 4 : 2;

    const candidates = this.tables.at(map, opcode);
    if (candidates.length === 0 || this.truncated) return 'undefined';
    // All candidates agree on whether there is a ModRM byte, but for the escapes of VEX and EVEX, which look at it themselves.
    const peek = this.at < this.end ? this.bytes[this.at]! : 0;
    if (candidates[0]!.hasModrm && this.at >= this.end) {
      this.truncated = true;
      return 'undefined';
    }
    let chosen: Encoding | undefined;
    for (const e of candidates) {
      if (e.modes === '64' ? !code64 : e.modes === 'legacy' && code64) continue;
      if (e.rexW && !rexW) continue;
      if (e.vex && !this.matchesVex(e)) continue;
      if (e.prefix !== undefined) {
        if (e.prefix === 'F3' ? d.rep !== 'rep' : e.prefix === 'F2' ? d.rep !== 'repne' : d.rep !== 'none') continue;
        if (e.prefix === '66' ? !operandPrefix : e.prefix === 'NP' && operandPrefix) continue;
      }
      if (e.hasModrm) {
        if (e.modrm >= 0 && peek !== e.modrm) continue;
        if (e.digit >= 0 && ((peek >> 3) & 7) !== e.digit) continue;
        if (e.form === 'memory' ? peek >= 0xc0 : e.form === 'register' && peek < 0xc0) continue;
      } else if (opcode === 0x90 && map === OpcodeMap.primary && !e.plusRegister && rex & 1) continue; // REX.B: XCHG r8, rAX, with F3 too.
      chosen = e;
      break;
    }
    if (!chosen) return 'undefined';
    const row = chosen.row;
    d.row = row;
    if (chosen.hasModrm) this.modrm(d, rex, code64, chosen);
    d.opcodeRegister = (opcode & 7) | ((rex & 1) << 3);
    d.size = this.formSize(d, chosen, code64, rexW, operandPrefix);
    for (const kind of chosen.immediates) this.immediate(d, kind, code64);
    if (d.lock && !(chosen.canLock && d.hasMemory)) return 'undefined';
    if (chosen.isUndefined || (chosen.namesSystemRegister && !registerExists(row, d.reg))) return 'undefined';
    if (chosen.usesVvvv) d.vvvv = this.vex.vvvv;
    if (this.vex.present && !this.vectorOperandsExist(d, chosen)) return 'undefined';
    if (chosen.isUnimplemented) return 'unimplemented';
    return 'ok';
  }

  /** C4 and C5 are LES and LDS in real and virtual-8086 mode, and where a ModRM byte with a memory operand follows outside 64-bit mode. */
  private isVex(mode: number): boolean {
    if (mode & ModeBit.code64) return true;
    if ((mode & (ModeBit.protectedMode | ModeBit.virtual8086)) !== ModeBit.protectedMode) return false;
    return this.at < this.end && this.bytes[this.at]! >= 0xc0;
  }
  private vexPrefix(d: Decoded, opcode: number, code64: boolean): void {
    const first = this.u8();
    if (opcode === 0xc4) this.vex.set(first, this.u8(), code64);
    else this.vex.set((first & 0x80) | 0x61, first & 0x7f, code64);
    d.vectorLength = this.vex.length ? 32 : 16;
  }
  private matchesVex({ vex: spec }: Encoding): boolean {
    const { vex } = this;
    if (spec!.prefix !== vex.prefix || (spec!.length >= 0 && spec!.length !== vex.length)) return false;
    return spec!.w < 0 || (spec!.w === 1) === vex.w;
  }
  /** vvvv is 1111b where it names nothing; a gather's index is a vector, and destination, index and mask differ (SDM vol 2, 2.3.12). */
  private vectorOperandsExist(d: Decoded, e: Encoding): boolean {
    if (!e.usesVvvv && !this.vex.unused) return false;
    if (!e.hasVsib) return true;
    return d.addressSize !== 2 && (d.modrm & 7) === 4 && d.reg !== d.vvvv && d.reg !== d.index && d.vvvv !== d.index;
  }

  private formSize(d: Decoded, e: Encoding, code64: boolean, rexW: boolean, operandPrefix: boolean): Decoded['size'] {
    switch (e.sizeClass) {
      case 'v':
        return d.operandSize;
      case 'y':
        return code64 && rexW ? 8 : 4;
      case 'd64':
        if (!code64) return d.operandSize;
        return operandPrefix && !rexW ? 2 : 8;
      case 'f64':
        return code64 ? 8 : d.operandSize;
      case 'address':
        return d.addressSize;
      case 'none':
        return d.operandSize;
      default:
        return e.sizeClass;
    }
  }

  private immediate(d: Decoded, kind: string, code64: boolean): void {
    switch (kind) {
      case 'ib':
      case 'cb': {
        const value = this.i8();
        // ENTER: the second one.
        if (d.opcode === 0xc8 && d.row?.name === 'ENTER') d.immediate2 = value & 31;
        else d.immediate = value;
        d.immediateHigh = value >> 31;
        return;
      }
      case 'is4':
        d.immediate = this.u8();
        d.immediateRegister = (d.immediate >> 4) & (code64 ? 15 : 7);
        return;
      case 'iw':
        d.immediate = this.u16();
        return;
      case 'iz':
      case 'cz': {
        const wide = kind === 'cz' && code64 ? true : d.operandSize !== 2;
        d.immediate = wide ? this.i32() : (this.u16() << 16) >> 16;
        d.immediateHigh = d.immediate >> 31;
        return;
      }
      case 'iv':
        if (d.operandSize === 2) d.immediate = this.u16();
        else d.immediate = this.i32();
        if (d.operandSize === 8) d.immediateHigh = this.i32();
        return;
      case 'ap':
        d.immediate = d.operandSize === 2 ? this.u16() : this.i32();
        d.immediate2 = this.u16();
        return;
      case 'mo':
        d.hasMemory = true;
        d.displacement = d.addressSize === 2 ? this.u16() : this.i32();
        if (d.addressSize === 8) d.displacementHigh = this.i32();
        return;
    }
  }

  private modrm(d: Decoded, rex: number, code64: boolean, e: Encoding): void {
    const modrm = this.u8();
    d.hasModrm = true;
    d.modrm = modrm;
    const mod = modrm >> 6;
    const rm = modrm & 7;
    d.reg = ((modrm >> 3) & 7) | ((rex & 4) << 1);
    d.rm = rm | ((rex & 1) << 3);
    // MOV to and from control and debug registers takes ModRM.rm as a register whatever mod says.
    if (mod === 3 || e.rmIsRegister) return;
    d.hasMemory = true;
    if (d.addressSize === 2) {
      if (mod === 0 && rm === 6) {
        d.displacement = (this.u16() << 16) >> 16;
        return;
      }
      d.base = BASE_16[rm]!;
      d.index = INDEX_16[rm]!;
      if (d.segmentPrefix < 0 && d.base === 5) d.segment = Seg.ss;
      if (mod === 1) d.displacement = this.i8();
      else if (mod === 2) d.displacement = (this.u16() << 16) >> 16;
      return;
    }
    let base = rm;
    if (rm === 4) {
      const sib = this.u8();
      const index = ((sib >> 3) & 7) | ((rex & 2) << 2);
      d.scale = sib >> 6;
      d.index = index === 4 && !e.hasVsib ? -1 : index;
      base = sib & 7;
    }
    if (base === 5 && mod === 0) {
      if (rm === 5 && code64) d.ripRelative = true;
      d.displacement = this.i32();
      return;
    }
    d.base = base | ((rex & 1) << 3);
    if (d.segmentPrefix < 0 && (d.base === 4 || d.base === 5)) d.segment = Seg.ss;
    if (mod === 1) d.displacement = this.i8();
    else if (mod === 2) d.displacement = this.i32();
  }
}
