// A field of a record: where its value comes from in the decoded instruction, as an operand's role in its form says.
import type { Decoded } from '../x86/decode/decoder';
import type { InsnRow, OperandSpec } from '../x86/insn/row';
import { S, STATE } from '../x86/layout';
import type { Form } from './forms';
import { R } from './record';
import { gprSlot, selectorSlot, vectorSlot } from './slots';

/** Where the value of a record's field comes from. */
export const Source = {
  reg: 0,
  rm: 1,
  opcodeRegister: 2,
  accumulator: 3,
  segment: 4,
  vectorReg: 5,
  vectorRm: 6,
  x87Reg: 7,
  x87Rm: 8,
  st: 9,
  vvvv: 10,
  vectorVvvv: 11,
  is4: 12,
  immediate8: 13,
  immediate16: 14,
  immediate: 15,
  immediate64: 16,
} as const;
type SourceCode = (typeof Source)[keyof typeof Source];

export interface FieldPlan {
  /** Offset in the record. */
  field: number;
  source: SourceCode;
  /** A byte register, AH to BH without a REX prefix. */
  isByte: boolean;
}

const SOURCES: Readonly<Partial<Record<OperandSpec['kind'], SourceCode>>> = {
  r: Source.reg,
  o: Source.opcodeRegister,
  a: Source.accumulator,
  sreg: Source.segment,
  x: Source.vectorReg,
  X: Source.vectorRm,
  xm: Source.vectorRm,
  q: Source.x87Reg,
  Q: Source.x87Rm,
  qm: Source.x87Rm,
  st: Source.st,
};

export function fieldsOf(row: InsnRow, form: Form): FieldPlan[] {
  const fields: FieldPlan[] = [];
  row.operands.forEach(({ kind }, i) => {
    const role = form.roles[i]!;
    const isByte = role.bytes === 1;
    const add = (field: number, source: SourceCode): void => {
      fields.push({ field, source, isByte });
    };
    if (role.at === 'a' || role.at === 'b') add(role.at === 'a' ? R.a : R.b, SOURCES[kind] ?? Source.rm);
    else if (role.at === 'vvvv') add(R.link, kind === 'vr' ? Source.vvvv : Source.vectorVvvv);
    else if (role.at === 'is4') add(R.imm, Source.is4);
    else if (role.at === 'imm') add(R.imm, isByte ? Source.immediate8 : role.bytes === 2 ? Source.immediate16 : Source.immediate);
    else if (role.at === 'imm64') add(R.disp, Source.immediate64);
  });
  return fields;
}

const general = (index: number, isByte: boolean, d: Decoded): number =>
  isByte && !d.hasRex && index >= 4 && index < 8 ? gprSlot(index - 4) + 1 : gprSlot(index);

function fieldValue({ source, isByte }: FieldPlan, d: Decoded): number {
  switch (source) {
    case Source.reg:
      return general(d.reg, isByte, d);
    case Source.rm:
      return general(d.rm, isByte, d);
    case Source.opcodeRegister:
      return general(d.opcodeRegister, isByte, d);
    case Source.accumulator:
      return gprSlot(0);
    case Source.segment:
      return selectorSlot(d.reg & 7);
    case Source.vectorReg:
      return vectorSlot(d.reg);
    case Source.vectorRm:
      return vectorSlot(d.rm);
    case Source.x87Reg:
      return STATE + S.st + (d.reg & 7) * 16;
    case Source.x87Rm:
      return STATE + S.st + (d.rm & 7) * 16;
    case Source.st:
      return d.rm & 7;
    case Source.vvvv:
      return gprSlot(d.vvvv);
    case Source.vectorVvvv:
      return vectorSlot(d.vvvv);
    case Source.is4:
      return vectorSlot(d.immediateRegister);
    case Source.immediate8:
      return d.immediate & 0xff;
    case Source.immediate16:
      return d.immediate & 0xffff;
    default:
      return d.immediate;
  }
}

export function writeField(i32: Int32Array, at: number, plan: FieldPlan, d: Decoded): void {
  i32[(at + plan.field) >> 2] = fieldValue(plan, d);
  if (plan.source === Source.immediate64) i32[(at + R.imm) >> 2] = d.immediateHigh;
}
