// Runs call frame instructions up to an address (DWARF 5, 6.4.2): how to find the caller's registers there.

import { type Fde, instructionCursor } from './call-frame';
import type { DwarfCursor } from './cursor';

export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: bigint }
  | { readonly kind: 'expression'; readonly expression: Uint8Array };

export type RegisterRule =
  | { readonly kind: 'undefined' }
  | { readonly kind: 'same' }
  /** Saved at CFA + offset. */
  | { readonly kind: 'offset'; readonly offset: bigint }
  /** Is CFA + offset. */
  | { readonly kind: 'valOffset'; readonly offset: bigint }
  | { readonly kind: 'register'; readonly register: number }
  /** Saved where the expression says; the CFA is on its stack at the start. */
  | { readonly kind: 'expression'; readonly expression: Uint8Array }
  | { readonly kind: 'valExpression'; readonly expression: Uint8Array };

export interface UnwindRow {
  readonly cfa: CfaRule;
  /** Registers without a rule keep their value, as the x86 ABIs say for callee-saved ones. */
  readonly registers: ReadonlyMap<number, RegisterRule>;
  readonly returnAddressRegister: number;
  readonly signalFrame: boolean;
  /** Where the row holds: [start, end). */
  readonly start: bigint;
  readonly end: bigint;
}

const UNDEFINED: RegisterRule = { kind: 'undefined' };
const SAME: RegisterRule = { kind: 'same' };

interface State {
  cfa: CfaRule | undefined;
  registers: Map<number, RegisterRule>;
}

/** Throws RangeError when the program is damaged; undefined when it never says where the CFA is. */
export function unwindRowOf(fde: Fde, address: bigint): UnwindRow | undefined {
  const initial: State = { cfa: undefined, registers: new Map() };
  const machine = new Machine(fde, initial, address);
  machine.run(fde.cie.instructions);
  machine.keepInitial();
  machine.run(fde.instructions);
  return machine.row();
}

class Machine {
  private readonly stack: State[] = [];
  private initial: State;
  private at: bigint;
  private end: bigint;
  private stopped = false;

  constructor(
    private readonly fde: Fde,
    private state: State,
    private readonly address: bigint,
  ) {
    this.initial = state;
    this.at = fde.start;
    this.end = fde.end;
  }

  keepInitial(): void {
    this.initial = { cfa: this.state.cfa, registers: new Map(this.state.registers) };
  }

  row(): UnwindRow | undefined {
    const { cfa, registers } = this.state;
    if (!cfa) return undefined;
    const { returnAddressRegister, signalFrame } = this.fde.cie;
    return { cfa, registers, returnAddressRegister, signalFrame, start: this.at, end: this.end };
  }

  run(instructions: Uint8Array): void {
    const cursor = instructionCursor(instructions, this.fde.cie.addressSize);
    while (!cursor.atEnd && !this.stopped) this.step(cursor, cursor.u8());
  }

  private advance(to: bigint): void {
    if (to > this.address) {
      this.stopped = true;
      if (to < this.end) this.end = to;
    } else this.at = to;
  }

  private set(register: number, rule: RegisterRule): void {
    this.state.registers.set(register, rule);
  }

  private restore(register: number): void {
    const rule = this.initial.registers.get(register);
    if (rule) this.set(register, rule);
    else this.state.registers.delete(register);
  }

  private step(cursor: DwarfCursor, opcode: number): void {
    const { codeAlign, dataAlign } = this.fde.cie;
    const low = opcode & 0x3f;
    if (opcode >> 6 === 1) {
      this.advance(this.at + BigInt(low) * codeAlign);
      return;
    }
    if (opcode >> 6 === 2) {
      this.set(low, { kind: 'offset', offset: cursor.ulebBig() * dataAlign });
      return;
    }
    if (opcode >> 6 === 3) {
      this.restore(low);
      return;
    }
    switch (opcode) {
      case 0x00: // nop
        return;
      case 0x01: // set_loc
        this.advance(cursor.address());
        return;
      case 0x02: // advance_loc1
        this.advance(this.at + BigInt(cursor.u8()) * codeAlign);
        return;
      case 0x03: // advance_loc2
        this.advance(this.at + BigInt(cursor.u16()) * codeAlign);
        return;
      case 0x04: // advance_loc4
        this.advance(this.at + BigInt(cursor.u32()) * codeAlign);
        return;
      case 0x05: // offset_extended
        this.set(cursor.uleb(), { kind: 'offset', offset: cursor.ulebBig() * dataAlign });
        return;
      case 0x06: // restore_extended
        this.restore(cursor.uleb());
        return;
      case 0x07: // undefined
        this.set(cursor.uleb(), UNDEFINED);
        return;
      case 0x08: // same_value
        this.set(cursor.uleb(), SAME);
        return;
      case 0x09: // register
        this.set(cursor.uleb(), { kind: 'register', register: cursor.uleb() });
        return;
      case 0x0a: // remember_state
        this.stack.push({ cfa: this.state.cfa, registers: new Map(this.state.registers) });
        return;
      case 0x0b: // restore_state
        this.state = this.stack.pop() ?? this.fail('restore_state without remember_state');
        return;
      case 0x0c: // def_cfa
        this.state.cfa = { kind: 'register', register: cursor.uleb(), offset: cursor.ulebBig() };
        return;
      case 0x0d: // def_cfa_register
        this.state.cfa = { ...this.registerCfa(), register: cursor.uleb() };
        return;
      case 0x0e: // def_cfa_offset
        this.state.cfa = { ...this.registerCfa(), offset: cursor.ulebBig() };
        return;
      case 0x0f: // def_cfa_expression
        this.state.cfa = { kind: 'expression', expression: cursor.slice(cursor.uleb()) };
        return;
      case 0x10: // expression
        this.set(cursor.uleb(), { kind: 'expression', expression: cursor.slice(cursor.uleb()) });
        return;
      case 0x11: // offset_extended_sf
        this.set(cursor.uleb(), { kind: 'offset', offset: cursor.slebBig() * dataAlign });
        return;
      case 0x12: // def_cfa_sf
        this.state.cfa = { kind: 'register', register: cursor.uleb(), offset: cursor.slebBig() * dataAlign };
        return;
      case 0x13: // def_cfa_offset_sf
        this.state.cfa = { ...this.registerCfa(), offset: cursor.slebBig() * dataAlign };
        return;
      case 0x14: // val_offset
        this.set(cursor.uleb(), { kind: 'valOffset', offset: cursor.ulebBig() * dataAlign });
        return;
      case 0x15: // val_offset_sf
        this.set(cursor.uleb(), { kind: 'valOffset', offset: cursor.slebBig() * dataAlign });
        return;
      case 0x16: // val_expression
        this.set(cursor.uleb(), { kind: 'valExpression', expression: cursor.slice(cursor.uleb()) });
        return;
      case 0x2e: // GNU_args_size
        cursor.skipLeb();
        return;
      case 0x2f: // GNU_negative_offset_extended
        this.set(cursor.uleb(), { kind: 'offset', offset: -cursor.ulebBig() * dataAlign });
        return;
      default:
        this.fail(`call frame instruction 0x${opcode.toString(16)}`);
    }
  }

  private registerCfa(): Extract<CfaRule, { kind: 'register' }> {
    const { cfa } = this.state;
    return cfa?.kind === 'register' ? cfa : this.fail('the CFA is not a register and an offset');
  }

  private fail(what: string): never {
    throw new RangeError(what);
  }
}
