// What the decoder in WebAssembly (run-emitter.ts) goes by: the shapes of instructions that TypeScript has decoded in 64-bit mode, and what each is decoded to.
// Most instructions of a program have one of a few hundred shapes. What depends on more than its shape is not learned.
import { assert } from '../../base/assert';
import type { Decoded, Decoder } from '../../x86/decode/decoder';
import type { Encoding } from '../../x86/decode/table';
import type { InsnRow } from '../../x86/insn/row';
import type { FusedNode, HandlerCatalogue } from '../handlers';
import { R } from '../record';
import { type FieldPlan, Source } from '../record-field';
import type { HandlerPlan, RowPlan } from '../row-plan';
import type { EngineMemory } from '../vm-memory';
import {
  HasModrm,
  LOOKED_UP,
  MODRM_BYTES,
  MOST_HANDLERS,
  MOST_NODE_WORDS,
  MOST_PLANS,
  NODES,
  PLAN_BYTES,
  PLANS,
  Plan,
  PlanFlag,
  PlanImmediate,
  PlanSource,
  PREFIX_BYTES,
  Prefix,
  ROOTS,
  SHAPES,
  shapeNumber,
} from './layout';

const PREFIXES: readonly (readonly [byte: number, kind: number])[] = [
  ...[0x26, 0x2e, 0x36, 0x3e].map((byte) => [byte, Prefix.ignored] as const),
  ...Array.from({ length: 16 }, (_, i) => [0x40 + i, Prefix.rex] as const),
  ...([
    [0x64, Prefix.fs],
    [0x65, Prefix.gs],
    [0x66, Prefix.operandSize],
    [0x67, Prefix.addressSize],
  ] as const),
  ...([
    [0xf0, Prefix.lock],
    [0xf2, Prefix.repne],
    [0xf3, Prefix.rep],
  ] as const),
];
const SOURCES: ReadonlyMap<number, number> = new Map([
  [Source.reg, PlanSource.reg],
  [Source.rm, PlanSource.rm],
  [Source.opcodeRegister, PlanSource.opcode],
  [Source.accumulator, PlanSource.accumulator],
]);
const MASKS: ReadonlyMap<number, number> = new Map([
  [Source.immediate8, 0xff],
  [Source.immediate16, 0xffff],
  [Source.immediate, -1],
]);
/** Escapes of VEX and EVEX. */
const ESCAPES = [0x62, 0xc4, 0xc5];
const REPEATS = Prefix.rep | Prefix.repne;
const NOP_OR_XCHG = 0x90;

export class Shapes {
  private plans = 0;
  private nodeWords = 2;

  constructor(
    private readonly memory: EngineMemory,
    private readonly decoder: Decoder,
    catalogue: HandlerCatalogue,
  ) {
    for (const [byte, kind] of PREFIXES) memory.u8[PREFIX_BYTES + byte] = kind;
    assert(catalogue.count <= MOST_HANDLERS, 'all handlers have a root');
    for (const [first, node] of catalogue.fused.next) memory.u16[(ROOTS >> 1) + first] = this.node(node);
    const { lookedUp } = catalogue;
    for (let number = lookedUp.indexOf(1); number >= 0; number = lookedUp.indexOf(1, number + 1))
      memory.u16[(ROOTS >> 1) + number]! |= LOOKED_UP;
  }

  /** Writes a node and those behind it: where it is. */
  private node({ handler, next }: FusedNode): number {
    const { u16 } = this.memory;
    const number = this.nodeWords;
    const at = (NODES >> 1) + number;
    this.nodeWords += 2 + 2 * next.size;
    assert(this.nodeWords <= MOST_NODE_WORDS, 'all sequences have a place');
    u16[at] = Math.max(handler, 0);
    u16[at + 1] = next.size;
    let entry = at + 2;
    for (const [part, child] of next) {
      u16[entry] = part;
      u16[entry + 1] = this.node(child);
      entry += 2;
    }
    return number;
  }

  /** An instruction of flat 64-bit code at an offset of memory was decoded, and is emitted. */
  learn(start: number, d: Decoded, row: InsnRow, plan: RowPlan): void {
    const { u8, u16 } = this.memory;
    if (this.plans + 1 >= MOST_PLANS || d.addressSize !== 8 || plan.unit !== undefined) return;
    let at = start;
    let prefixes = 0;
    let rex = 0;
    for (let kind = u8[PREFIX_BYTES + u8[at]!]!; kind !== 0; kind = u8[PREFIX_BYTES + u8[++at]!]!) {
      rex = kind === Prefix.rex ? u8[at]! : 0;
      if (kind < Prefix.rex) prefixes |= kind;
    }
    const map = u8[at] === 0x0f ? 1 : 0;
    if (u8[at + map] !== d.opcode || (map === 0 && (ESCAPES.includes(d.opcode) || (d.opcode === NOP_OR_XCHG && rex & 1)))) return;
    if ((prefixes & REPEATS) === REPEATS) return;
    const low = d.hasModrm ? ((d.modrm >> 2) & 14) | (d.modrm >= 0xc0 ? 1 : 0) : 0;
    const shape = (shapeNumber(map, prefixes, (rex & 8) !== 0, d.opcode) << 4) | low;
    if (u16[(SHAPES >> 1) + shape] !== 0) return;
    const encodings = this.decoder.encodings(map, d.opcode);
    const encoding = encodings.find((each) => each.row === row);
    if (encoding === undefined || encodings.some((each) => each.modrm >= 0 || each.vex !== undefined)) return;
    if (!this.plan(this.plans + 1, d, plan, encoding)) return;
    u8[MODRM_BYTES + (map << 8) + d.opcode] = d.hasModrm ? HasModrm.yes : HasModrm.no;
    u16[(SHAPES >> 1) + shape] = ++this.plans;
  }

  /** False where the row's instructions are not so simple. */
  private plan(number: number, d: Decoded, plan: RowPlan, encoding: Encoding): boolean {
    const { u8, u16, i32 } = this.memory;
    if (encoding.namesSystemRegister || encoding.rmIsRegister || encoding.hasVsib) return false;
    if ((plan.hasRel && d.operandSize === 2) || (plan.isPop && d.hasMemory) || plan.isOffset) return false;
    const immediate = immediateOf(encoding, d.operandSize);
    if (immediate === undefined) return false;
    const isAddressed = d.hasMemory && !plan.touchesNothing;
    const handlers: HandlerPlan[] = plan.hasRel
      ? [plan.handler(d.size, 'register', 'linked'), plan.handler(d.size, 'register', 'looked-up')]
      : [plan.handler(d.size, d.hasMemory ? 'base' : 'register', 'linked')];
    if (isAddressed) handlers.push(plan.handler(d.size, 'index', 'linked'));
    const fields = recordFields(handlers[0]!.fields);
    if (fields === undefined || (isAddressed && (fields.b !== PlanSource.none || fields.isWide))) return false;
    if (handlers.some((handler) => !isSame(handler.fields, handlers[0]!.fields))) return false;
    const at = PLANS + number * PLAN_BYTES;
    const numbers = d.hasMemory ? [0, ...handlers.map((each) => each.number)] : handlers.map((each) => each.number);
    for (const [i, field] of [Plan.first, Plan.second, Plan.third].entries()) u16[(at + field) >> 1] = numbers[i] ?? 0;
    u8[at + Plan.a] = fields.a;
    u8[at + Plan.b] = fields.b;
    u8[at + Plan.immediate] = immediate;
    i32[(at + Plan.mask) >> 2] = fields.mask;
    u16[(at + Plan.flags) >> 1] =
      (plan.ends ? PlanFlag.ends : 0) |
      (plan.leaves ? PlanFlag.leaves : 0) |
      (plan.hasRel ? PlanFlag.branch : 0) |
      (plan.touchesNothing ? PlanFlag.touchesNothing : 0) |
      (plan.noSegment ? PlanFlag.noSegment : 0) |
      (encoding.canLock ? PlanFlag.canLock : 0) |
      (fields.isWide ? PlanFlag.wideImmediate : 0) |
      (plan.isString ? PlanFlag.string : 0);
    return true;
  }
}

const isSame = (some: readonly FieldPlan[], others: readonly FieldPlan[]): boolean =>
  some.length === others.length &&
  some.every(({ field, source, isByte }, i) => {
    const other = others[i]!;
    return other.field === field && other.source === source && other.isByte === isByte;
  });

/** PlanImmediate; undefined: not one that is known. */
function immediateOf({ immediates }: Encoding, operandSize: number): number | undefined {
  if (immediates.length > 1) return undefined;
  switch (immediates[0]) {
    case undefined:
      return PlanImmediate.none;
    case 'ib':
    case 'cb':
      return PlanImmediate.signed8;
    case 'iw':
      return PlanImmediate.unsigned16;
    case 'iz':
      return operandSize === 2 ? PlanImmediate.signed16 : PlanImmediate.signed32;
    case 'cz':
      return PlanImmediate.signed32;
    case 'iv':
      return operandSize === 2 ? PlanImmediate.unsigned16 : operandSize === 4 ? PlanImmediate.signed32 : PlanImmediate.all64;
    default:
      return undefined;
  }
}

/** What a record's fields are filled from; undefined where it is more than a plan can say. */
function recordFields(fields: readonly FieldPlan[]): { a: number; b: number; mask: number; isWide: boolean } | undefined {
  const found = { a: PlanSource.none as number, b: PlanSource.none as number, mask: 0, isWide: false };
  for (const { field, source, isByte } of fields) {
    const register = SOURCES.get(source);
    const mask = MASKS.get(source);
    if (field === R.a && register !== undefined && found.a === PlanSource.none) found.a = register | (isByte ? PlanSource.byte : 0);
    else if (field === R.b && register !== undefined && found.b === PlanSource.none) found.b = register | (isByte ? PlanSource.byte : 0);
    else if (field === R.imm && mask !== undefined && found.mask === 0) found.mask = mask;
    else if (field === R.disp && source === Source.immediate64 && !found.isWide) found.isWide = true;
    else return undefined;
  }
  return found;
}
