// Loops of one block whose turns can be known to need no look: nothing in them but moves and arithmetic on registers, and accesses by registers that stay or move by
// the same distance in each turn.
import { CONDITIONS } from '../../x86/emit/flags';
import type { Block } from '../block-table';
import type { Form, Role } from '../forms';
import type { HandlerCatalogue } from '../handlers';
import { R, RECORD_SIZE, Slot } from '../record';
import type { EngineMemory } from '../vm-memory';
import { registerOf } from './region-registers';

/** Accesses of a turn by one register (and index), from the one at `record` on: its address when a turn begins is `moved` bytes from what its registers say then,
 * and all of them are within [from, to) from there. */
export interface LoopAccess {
  readonly record: number;
  readonly form: Form;
  readonly write: boolean;
  readonly moved: number;
  from: number;
  to: number;
  /** All are aligned to their sizes if the first byte is aligned to this. */
  align: number;
  /** Bytes that the address moves in a turn. */
  step: number;
}
export interface SelfLoop {
  /** Record of the branch back. */
  readonly branch: number;
  /** What a turn takes of the budget. */
  readonly cost: number;
  readonly accesses: readonly LoopAccess[];
}

/** With a longer way few turns are in one page. */
const LONGEST_STEP = 512;

const BRANCHES: ReadonlySet<string> = new Set(CONDITIONS.map((cc) => `J${cc.toUpperCase()}`));
/** Neither look at flags nor write them. */
const PLAIN: ReadonlySet<string> = new Set(['MOV', 'MOVZX', 'MOVSX', 'MOVSXD', 'LEA', 'NOP', 'NOT']);
/** Write all flags. */
const WRITING: ReadonlySet<string> = new Set(['ADD', 'SUB', 'CMP', 'TEST', 'AND', 'OR', 'XOR', 'NEG']);
const SHIFTS: ReadonlySet<string> = new Set(['SHL', 'SHR', 'SAR']);
/** Look at flags. */
const LOOKING: ReadonlySet<string> = new Set([
  'INC',
  'DEC',
  'ADC',
  'SBB',
  ...CONDITIONS.flatMap((cc) => [`CMOV${cc.toUpperCase()}`, `SET${cc.toUpperCase()}`]),
]);
const READING: ReadonlySet<string> = new Set(['CMP', 'TEST', 'NOP']);
const NO_ACCESS: ReadonlySet<string> = new Set(['LEA', 'NOP']);

export class SelfLoops {
  constructor(
    private readonly memory: EngineMemory,
    private readonly catalogue: HandlerCatalogue,
  ) {}

  private formAt(record: number): Form | undefined {
    return this.catalogue.formOf(this.memory.u16[(record + R.plainOp) >> 1]!);
  }
  private i32(record: number, field: number): number {
    return this.memory.i32[(record + field) >> 2]!;
  }

  /** `end`: the block is left before this record; `isBack`: this branch leads to the block's start. */
  find({ record, count }: Block, end: number, isBack: (branch: number) => boolean): SelfLoop | undefined {
    let known = false;
    for (let at = record; at < end; at += RECORD_SIZE) {
      const form = this.formAt(at);
      if (!form || form.vectors) return undefined;
      const { name } = form;
      if (BRANCHES.has(name)) {
        const cost = -this.i32(at, R.imm);
        if (!known || form.branch !== 'linked' || cost <= 0 || cost > count || !isBack(at)) return undefined;
        const accesses = this.accesses(record, at);
        return accesses && { branch: at, cost, accesses };
      }
      if (WRITING.has(name) || (name === 'IMUL' && form.roles.length > 1) || (SHIFTS.has(name) && this.isCounted(at, form))) known = true;
      else if (!PLAIN.has(name) && !(LOOKING.has(name) && known)) return undefined;
    }
    return undefined;
  }
  private isCounted(record: number, { roles, size }: Form): boolean {
    const at = roles[1]?.at;
    return at === 'one' || (at === 'imm' && (this.i32(record, R.imm) & (size === 8 ? 63 : 31)) !== 0);
  }

  /** Slot of the register that an instruction writes; undefined: none. */
  private written(record: number, { name, roles: [first] }: Form): number | undefined {
    if (first === undefined || READING.has(name)) return undefined;
    if (first.at === 'fixed') return first.address;
    return first.at === 'a' || first.at === 'b' ? this.i32(record, first.at === 'a' ? R.a : R.b) : undefined;
  }
  /** Bytes that it moves the whole of this register by; undefined: it does something else with it. */
  private moves(record: number, { name, size, roles: [, second], memory }: Form, slot: number): number | undefined {
    if (size !== 8) return undefined;
    if (name === 'INC') return 1;
    if (name === 'DEC') return -1;
    if ((name === 'ADD' || name === 'SUB') && second?.at === 'imm' && second.bytes === 8)
      return this.i32(record, R.imm) * (name === 'ADD' ? 1 : -1);
    return name === 'LEA' && memory === 'base' && this.i32(record, R.b) === slot ? this.i32(record, R.disp) : undefined;
  }
  /** By register: how far each instruction before `end` has moved it; no number: it does not only move. */
  private ways(record: number, end: number): (at: number, slot: number) => number {
    const moves: { at: number; register: number; by: number }[] = [];
    for (let at = record; at < end; at += RECORD_SIZE) {
      const form = this.formAt(at)!;
      const slot = this.written(at, form);
      if (slot !== undefined) moves.push({ at, register: registerOf(slot), by: this.moves(at, form, slot) ?? Number.NaN });
    }
    return (at, slot) =>
      moves.reduce((sum, move) => {
        if (move.register !== registerOf(slot) || move.register < 0) return sum;
        return Number.isNaN(move.by) ? move.by : move.at < at ? sum + move.by : sum;
      }, 0);
  }

  private accesses(record: number, end: number): readonly LoopAccess[] | undefined {
    const way = this.ways(record, end);
    const found = new Map<string, LoopAccess>();
    for (let at = record; at < end; at += RECORD_SIZE) {
      const form = this.formAt(at)!;
      const role = form.roles.find((each) => each.at === 'memory');
      if (role === undefined || NO_ACCESS.has(form.name)) continue;
      if (!this.add(found, at, form, role, way, end)) return undefined;
    }
    return [...found.values()];
  }
  private add(
    found: Map<string, LoopAccess>,
    record: number,
    form: Form,
    role: Role,
    way: (at: number, slot: number) => number,
    end: number,
  ): boolean {
    const write = role === form.roles[0] && !READING.has(form.name);
    const [base, disp] = [this.i32(record, R.b), this.i32(record, R.disp)];
    const [index, scale] = form.memory === 'index' ? [this.i32(record, R.x), this.memory.u8[record + R.scale]!] : [Slot.zero, 0];
    if (base === Slot.ea || index === Slot.ea || (registerOf(index) < 0 && index !== Slot.zero)) return false;
    const byRegister = registerOf(base) >= 0;
    if (!byRegister && base !== Slot.zero && base !== Slot.ripBase) return false;
    const wayOf = (at: number): number => way(at, base) + way(at, index) * 2 ** scale;
    const [moved, step] = [wayOf(record), wayOf(end)];
    const align = 2 ** Math.ceil(Math.log2(role.bytes));
    if (!(Math.abs(step) <= LONGEST_STEP) || step % align !== 0) return false;
    const key = [base, index, scale, write, byRegister ? '' : disp].join();
    const first = found.get(key);
    if (first === undefined) {
      found.set(key, { record, form, write, moved, from: 0, to: role.bytes, align, step });
      return true;
    }
    const from = disp + moved - (this.i32(first.record, R.disp) + first.moved);
    // Each is aligned where the lowest is aligned to the largest size.
    const largest = Math.max(first.align, align);
    if (from % largest !== 0 || first.from % largest !== 0 || step % largest !== 0) return false;
    first.from = Math.min(first.from, from);
    first.to = Math.max(first.to, from + role.bytes);
    first.align = largest;
    return true;
  }
}
