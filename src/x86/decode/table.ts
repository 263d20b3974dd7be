// Opcode tables built from the rows' encoding texts.
import { assert } from '../../base/assert';
import type { InsnRow, OperandSpec } from '../insn/row';
import { sizeClassOf } from '../insn/row';
import { parseVex, type VexSpec } from './vex';

export type MandatoryPrefix = 'NP' | '66' | 'F2' | 'F3';
export type ImmediateKind = 'ib' | 'iw' | 'iz' | 'iv' | 'ap' | 'mo' | 'cb' | 'cz' | 'is4';
/** `vex`: behind it come the maps of VEX, by its mmmmm field. */
export const OpcodeMap = { primary: 0, escape0f: 1, escape0f38: 2, escape0f3a: 3, vex: 3 } as const;
const MAP_COUNT = 7;

export interface Encoding {
  row: InsnRow;
  prefix: MandatoryPrefix | undefined;
  rexW: boolean;
  vex: VexSpec | undefined;
  /** VEX.vvvv names an operand. */
  usesVvvv: boolean;
  hasModrm: boolean;
  /** ModRM.reg must be this, or -1. */
  digit: number;
  /** The whole ModRM byte, or -1. */
  modrm: number;
  /** Which ModRM.mod the operands allow. */
  form: 'any' | 'memory' | 'register';
  plusRegister: boolean;
  immediates: readonly ImmediateKind[];
  sizeClass: ReturnType<typeof sizeClassOf>;
  /** Asked of each instruction, so not of its row: rows have many shapes. */
  modes: InsnRow['modes'];
  canLock: boolean;
  isUndefined: boolean;
  isUnimplemented: boolean;
  /** ModRM.reg is a segment, control or debug register: not all of them exist. */
  namesSystemRegister: boolean;
  /** ModRM.rm is a register whatever mod says. */
  rmIsRegister: boolean;
  hasVsib: boolean;
}

/** Map, first and last opcode byte. */
export interface OpcodePlace {
  map: number;
  first: number;
  last: number;
}

const IMMEDIATES = new Set<string>(['ib', 'iw', 'iz', 'iv', 'ap', 'mo', 'cb', 'cz', 'is4']);

/** A row's encoding text as data: opcode map, first and last opcode byte, and the rest. */
export function parseEncoding(item: InsnRow): { map: number; first: number; last: number; encoding: Encoding } {
  const tokens = item.encoding.split(' ');
  let prefix: MandatoryPrefix | undefined;
  let rexW = false;
  let vex: VexSpec | undefined;
  let digit = -1;
  let modrm = -1;
  let hasModrm = false;
  let plusRegister = false;
  const opcode: number[] = [];
  const immediates: ImmediateKind[] = [];
  tokens.forEach((token, i) => {
    if (token === 'NP' || (i === 0 && tokens.length > 1 && (token === 'F2' || token === 'F3' || (token === '66' && tokens[1] === '0F')))) {
      prefix = token as MandatoryPrefix;
    } else if (token.startsWith('VEX.')) vex = parseVex(token);
    else if (token === 'REX.W') rexW = true;
    else if (token === '+') return;
    else if (token === '+r') plusRegister = true;
    else if (token === '/r') hasModrm = true;
    else if (/^\/[0-7]$/.test(token)) {
      hasModrm = true;
      digit = Number(token[1]);
    } else if (/^\[[0-9A-F]{2}\]$/.test(token)) {
      hasModrm = true;
      modrm = Number.parseInt(token.slice(1, 3), 16);
    } else if (IMMEDIATES.has(token.replace('/', ''))) immediates.push(token.replace('/', '') as ImmediateKind);
    else {
      assert(/^[0-9A-F]{2}$/.test(token), `encoding "${item.encoding}" of ${item.name}: "${token}"`);
      opcode.push(Number.parseInt(token, 16));
    }
  });
  let map: number = OpcodeMap.primary;
  const lead: number | undefined = opcode[0];
  if (vex) map = OpcodeMap.vex + vex.map;
  else if (lead === 0x0f && opcode.length > 1) {
    opcode.shift();
    map = OpcodeMap.escape0f;
    if (opcode.length > 1) {
      map = (opcode[0] as number) === 0x38 ? OpcodeMap.escape0f38 : OpcodeMap.escape0f3a;
      opcode.shift();
    }
  }
  assert(opcode.length === 1, `encoding "${item.encoding}" of ${item.name} has ${opcode.length} opcode bytes`);
  const first = opcode[0]!;
  let form: Encoding['form'] = 'any';
  for (const operand of item.operands) {
    if (operand.kind === 'm' || operand.kind === 'vsib') form = 'memory';
    if (operand.kind === 'R' || operand.kind === 'X' || operand.kind === 'Q' || operand.kind === 'st') form = 'register';
  }
  const has = (kind: OperandSpec['kind']): boolean => item.operands.some((operand) => operand.kind === kind);
  const usesVvvv = item.operands.some((operand) => operand.kind === 'vx' || operand.kind === 'vr');
  return {
    map,
    first,
    last: plusRegister ? first + 7 : first,
    encoding: {
      row: item,
      prefix,
      rexW,
      vex,
      usesVvvv,
      hasModrm,
      digit,
      modrm,
      form,
      plusRegister,
      immediates,
      sizeClass: sizeClassOf(item),
      modes: item.modes,
      canLock: item.lock === true,
      isUndefined: item.undefined === true,
      isUnimplemented: item.unimplemented === true,
      namesSystemRegister: has('sreg') || has('creg') || has('dreg'),
      rmIsRegister: has('creg') || has('dreg'),
      hasVsib: has('vsib'),
    },
  };
}

/** The more exact an encoding, the earlier it is tried. */
function exactness(e: Encoding): number {
  return (
    (e.modrm >= 0 ? 64 : 0) +
    (e.prefix ? 32 : 0) +
    (e.rexW ? 16 : 0) +
    (e.digit >= 0 ? 8 : 0) +
    (e.form !== 'any' ? 4 : 0) +
    (e.plusRegister ? 0 : 2) +
    (e.row.unimplemented ? 0 : 1)
  );
}

/** The rows by opcode. Those of an opcode are parsed when it is asked for first: most are never met. */
export class OpcodeTables {
  private readonly rows: InsnRow[][] = Array.from({ length: MAP_COUNT << 8 }, () => []);
  private readonly parsed: (readonly Encoding[] | undefined)[] = new Array(MAP_COUNT << 8).fill(undefined);

  /** `places`: where rows are by their encoding, as far as it is known beforehand. */
  constructor(rows: readonly InsnRow[], places?: ReadonlyMap<string, OpcodePlace>) {
    for (const item of rows) {
      const { map, first, last } = places?.get(item.encoding) ?? parseEncoding(item);
      for (let byte = first; byte <= last; byte++) this.rows[(map << 8) | byte]!.push(item);
    }
  }

  /** The most exact first. */
  at(map: number, opcode: number): readonly Encoding[] {
    const index = (map << 8) | opcode;
    return this.parsed[index] ?? this.parse(index);
  }

  private parse(index: number): readonly Encoding[] {
    // A stable sort: equal ones keep the order of the rows.
    const list = this.rows[index]!.map((item) => parseEncoding(item).encoding).sort((a, b) => exactness(b) - exactness(a));
    this.parsed[index] = list;
    return list;
  }
}
