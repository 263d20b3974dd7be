// What the block builder asks of a row, worked out once: rows have many shapes, and asking each of them at each instruction would be most of the cost of decoding.
import type { OperandBytes } from '../x86/emit/context';
import type { InsnRow, Unit } from '../x86/insn/row';
import { QUICK_HELPERS } from './emit/quick-emitter';
import { type BranchForm, hasRel, type MemoryForm } from './forms';
import type { HandlerCatalogue, HandlerNumber } from './handlers';
import { type FieldPlan, fieldsOf } from './record-field';

export interface HandlerPlan extends HandlerNumber {
  fields: readonly FieldPlan[];
}

export interface RowPlan {
  unit: Unit | undefined;
  isHelper: boolean;
  /** The micro-record that runs the helper's instruction where it is usual, or undefined. */
  quick: number | undefined;
  isEmitted: boolean;
  isString: boolean;
  helperInVm86: boolean;
  bitString: boolean;
  ends: boolean;
  /** NOP and hints with a ModRM byte access nothing. */
  touchesNothing: boolean;
  noSegment: boolean;
  hasRel: boolean;
  /** A branch: nothing is to go on behind it. */
  leaves: boolean;
  isX87: boolean;
  isPop: boolean;
  /** The memory operand is an offset alone. */
  isOffset: boolean;
  handler(size: OperandBytes, memory: MemoryForm, branch: BranchForm): HandlerPlan;
}

const BRANCHES: readonly string[] = ['JMP', 'CALL', 'RET'];

const FORM_INDEX: Readonly<Record<MemoryForm, number>> = { register: 0, base: 2, index: 4 };

export class RowPlans {
  private readonly plans = new Map<InsnRow, RowPlan>();

  constructor(private readonly catalogue: HandlerCatalogue) {}

  of(row: InsnRow): RowPlan {
    let plan = this.plans.get(row);
    if (plan === undefined) {
      plan = this.make(row);
      this.plans.set(row, plan);
    }
    return plan;
  }

  private make(row: InsnRow): RowPlan {
    const handlers: (HandlerPlan | undefined)[] = [];
    const rel = hasRel(row);
    return {
      unit: row.unit,
      isHelper: row.helper !== undefined,
      quick: row.helper === undefined ? undefined : QUICK_HELPERS.get(row.helper),
      isEmitted: row.emit !== undefined,
      isString: row.rep !== undefined,
      helperInVm86: row.helperInVm86 === true,
      bitString: row.bitString === true,
      ends: row.ends === true,
      touchesNothing: row.operands.every((operand) => operand.access === 'n') && !row.noSegment,
      noSegment: row.noSegment === true,
      hasRel: rel,
      leaves: row.ends === true && (rel || BRANCHES.includes(row.name)),
      isX87: row.unit === 'x87',
      isPop: row.name === 'POP',
      isOffset: row.operands.some((operand) => operand.kind === 'moffs'),
      handler: (size, memory, branch) => {
        const at = size * 6 + FORM_INDEX[memory] + (branch === 'linked' ? 0 : 1);
        let handler = handlers[at];
        if (handler === undefined) {
          const found = this.catalogue.numberOf(row, size, memory, branch);
          handler = { number: found.number, form: found.form, fields: fieldsOf(row, found.form) };
          handlers[at] = handler;
        }
        return handler;
      },
    };
  }
}
