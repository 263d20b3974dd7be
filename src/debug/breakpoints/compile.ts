// Conditions as small programs for the engine's thread: C semantics over registers, constants and variables whose place is known beforehand.
// What cannot be compiled is evaluated by the debugger when the guest stops there; the guest notices neither.
import type { Program, ProgramOp } from '../../machine/control/types';
import { unsignedOf } from '../../symbols/location';
import { type DataType, elementOf, sizeOf, strip } from '../../symbols/types';
import type { Expression } from '../c/ast';
import { changesGuest } from '../c/ast';
import { findEnumerator, findMember } from '../c/members';
import { commonType, INT, isFloat, isSigned, literalType, promote, UNSIGNED_LONG, unsignedType, wrap } from '../c/number';
import { parseExpression } from '../c/parser';
import { isCommonTypeName, resolveTypeName } from '../c/type-names';
import { debugErrors } from '../debug-error';
import { registerPart } from '../registers/names';
import { ARITHMETIC, binary, COMPARISONS, constant, extend, Later } from './compile-ops';
import type { Place } from './probe';

/** Names as they are known where the stop point is, before the guest is there. */
export interface CompileScope {
  readonly pointerSize: 4 | 8;
  readonly registers: (name: string) => boolean;
  /** undefined: no such name; 'later': known only when stopped. */
  variable(name: string): Promise<{ readonly type: DataType; readonly place: Place } | 'later' | undefined>;
  type(name: string): DataType | undefined;
  /** In a hypercall's condition: its fields. */
  readonly hypercall: boolean;
  /** In an event's condition: its numbers, and `name` for which it is. */
  readonly event?: readonly string[];
}

/** undefined: evaluate it when stopped. Throws DebugError for what is wrong at any time. */
export async function compileCondition(text: string, scope: CompileScope): Promise<Program | undefined> {
  return (await compileScalar(text, scope))?.program;
}

/** A program and the type of its value. */
export async function compileScalar(text: string, scope: CompileScope): Promise<{ program: Program; type: DataType } | undefined> {
  // 'SEND_IPI' is how people quote names.
  const quoted = scope.hypercall || scope.event ? text.replace(/'([A-Za-z_#][A-Za-z0-9_:-]+)'/g, '"$1"') : text;
  const expression = parseExpression(quoted, (name) => isCommonTypeName(name) || scope.type(name) !== undefined);
  if (changesGuest(expression)) throw debugErrors.conditionChanges();
  try {
    const compiler = new Compiler(scope);
    const { ops } = await compiler.scalar(expression, true);
    return { program: ops, type: (await compiler.any(expression, true)).type };
  } catch (error) {
    if (error instanceof Later) return undefined;
    throw error;
  }
}

type Infix = Extract<Expression, { kind: 'infix' }>;

/** A value, or an address where one is. */
interface Compiled {
  readonly ops: ProgramOp[];
  readonly type: DataType;
  readonly isAddress: boolean;
  readonly bits?: { readonly offset: number; readonly size: number };
}

const HYPERCALL_FIELDS = ['nr', 'a0', 'a1', 'a2', 'a3', 'a4', 'cpl'] as const;
const value = (ops: ProgramOp[], type: DataType): Compiled => ({ ops, type, isAddress: false });

class Compiler {
  constructor(private readonly scope: CompileScope) {}

  /** A number on the stack, extended to 64 bits as its type says. `top`: a failing load may decide the whole condition. */
  async scalar(e: Expression, top = false): Promise<{ ops: ProgramOp[]; type: ReturnType<typeof promote>['type'] }> {
    const compiled = await this.any(e, top);
    const plain = strip(compiled.type);
    if (isFloat(plain)) throw new Later();
    if (compiled.isAddress && (plain.kind === 'array' || plain.kind === 'function')) {
      return { ops: compiled.ops, type: unsignedType(this.scope.pointerSize) };
    }
    if (plain.kind !== 'base' && plain.kind !== 'pointer' && plain.kind !== 'enum') throw new Later();
    const type = plain.kind === 'base' ? plain : plain.kind === 'enum' && plain.signed ? INT : unsignedType(plain.size);
    if (!compiled.isAddress) return { ops: compiled.ops, type };
    // 6.3.1.1: a bit-field narrower than int becomes int.
    if (compiled.bits && compiled.bits.size < 32)
      return { ops: [...compiled.ops, ...this.load(compiled, plain.size, isSigned(plain))], type: INT };
    return { ops: [...compiled.ops, ...this.load(compiled, plain.size, isSigned(plain))], type };
  }

  private load({ bits }: Compiled, size: number, signed: boolean): ProgramOp[] {
    if (!bits) {
      if (size !== 1 && size !== 2 && size !== 4 && size !== 8) throw new Later();
      return [{ op: 'load', space: 'virtual', size, signed }];
    }
    const bytes = Math.ceil((bits.offset + bits.size) / 8);
    const width = ([1, 2, 4, 8] as const).find((each) => each >= bytes);
    if (!width) throw new Later();
    const up = BigInt(64 - bits.offset - bits.size);
    const down = BigInt(64 - bits.size);
    const load: ProgramOp = { op: 'load', space: 'virtual', size: width, signed: false };
    return [load, constant(up), binary('shl'), constant(down), binary(signed ? 'shrs' : 'shru')];
  }

  async any(e: Expression, top: boolean): Promise<Compiled> {
    switch (e.kind) {
      case 'number':
        return value([constant(e.value)], literalType(e.value, e.suffix, e.decimal, this.scope.pointerSize));
      case 'character':
        return value([constant(e.value)], INT);
      case 'name':
        if (e.scope !== undefined) throw new Later();
        return this.name(e.name);
      case 'register':
        return this.register(e.name) ?? fail(debugErrors.badRegister(e.name));
      case 'unary':
        return this.unary(e.operator, e.operand);
      case 'infix':
        return this.infix(e);
      case 'logical': {
        const left = await this.scalar(e.left, top && e.operator === '&&');
        const right = await this.scalar(e.right, top && e.operator === '&&');
        // C would not evaluate the right side; a load that fails there ends the program as "false", which is right only for a plain "and".
        if (!(top && e.operator === '&&') && right.ops.some(({ op }) => op === 'load')) throw new Later();
        const truth: ProgramOp[] = [constant(0n), binary('ne')];
        return value([...left.ops, ...truth, ...right.ops, ...truth, binary(e.operator === '&&' ? 'and' : 'or')], INT);
      }
      case 'member':
        return this.member(e.object, e.name, e.arrow);
      case 'index':
        return this.index(e.object, e.index);
      case 'cast': {
        const type = resolveTypeName(e.type, this.scope.pointerSize, (name) => this.scope.type(name));
        const plain = strip(type);
        if (plain.kind !== 'base' && plain.kind !== 'pointer' && plain.kind !== 'enum') throw new Later();
        const operand = await this.scalar(e.operand);
        return value([...operand.ops, ...extend(plain.size, isSigned(plain))], type);
      }
      case 'sizeof-type': {
        const type = resolveTypeName(e.type, this.scope.pointerSize, (name) => this.scope.type(name));
        return value([constant(BigInt(sizeOf(type) ?? 0))], UNSIGNED_LONG);
      }
      default:
        throw new Later();
    }
  }

  private async name(name: string): Promise<Compiled> {
    if (this.scope.hypercall) {
      const field = HYPERCALL_FIELDS.find((each) => each === name);
      if (field) return value([{ op: 'hypercall', field }], UNSIGNED_LONG);
    }
    if (this.scope.event?.includes(name)) return value([{ op: 'event', field: name }], UNSIGNED_LONG);
    const found = await this.scope.variable(name);
    if (found === 'later') throw new Later();
    if (!found) return this.register(name) ?? fail(debugErrors.unknownName(name));
    const { type, place } = found;
    switch (place.kind) {
      case 'optimised-out':
        throw debugErrors.optimisedOut(name);
      case 'value':
        return value([constant(wrap(unsignedOf(place.bytes), sizeOf(type) ?? 8, isSigned(type)))], type);
      case 'register':
        return value([{ op: 'register', name: place.name }, ...extend(sizeOf(type) ?? 8, isSigned(type))], type);
      case 'memory': {
        const ops: ProgramOp[] = place.base === undefined ? [] : [{ op: 'register', name: place.base }];
        return {
          ops: place.base === undefined ? [constant(place.offset)] : [...ops, constant(place.offset), binary('add')],
          type,
          isAddress: true,
        };
      }
    }
  }

  private register(name: string): Compiled | undefined {
    const part = registerPart(name.toLowerCase(), this.scope.registers);
    if (!part) return undefined;
    const ops: ProgramOp[] = [{ op: 'register', name: part.register }];
    if (part.shift > 0) ops.push(constant(BigInt(part.shift)), binary('shru'));
    if (part.width % 8 !== 0) {
      const ones = (1n << BigInt(part.width)) - 1n;
      return value([...ops, constant(ones), binary('and')], unsignedType(part.width > 8 ? 2 : 1));
    }
    const size = part.width === 0 ? 8 : part.width / 8;
    return value([...ops, ...extend(size, false)], unsignedType(size));
  }

  private async unary(operator: string, operand: Expression): Promise<Compiled> {
    if (operator === '*') return this.pointee(operand);
    if (operator === '&') {
      const target = await this.any(operand, false);
      if (!target.isAddress || target.bits) throw new Later();
      return value(target.ops, { kind: 'pointer', flavour: 'pointer', size: this.scope.pointerSize, target: target.type });
    }
    const number = await this.scalar(operand);
    if (operator === '!') return value([...number.ops, constant(0n), binary('eq')], INT);
    const { type } = promote({ value: 0n, type: number.type });
    if (operator === '+') return value(number.ops, type);
    return value([...number.ops, { op: 'unary', operator: operator === '-' ? 'neg' : 'not' }, ...extend(type.size, isSigned(type))], type);
  }

  private async pointee(e: Expression): Promise<Compiled> {
    const pointer = await this.any(e, false);
    const plain = strip(pointer.type);
    if (plain.kind === 'array' && pointer.isAddress) return { ops: pointer.ops, type: elementOf(plain), isAddress: true };
    if (plain.kind !== 'pointer') throw new Later();
    return { ops: await this.loaded(pointer, plain.size), type: plain.target, isAddress: true };
  }

  private async loaded(compiled: Compiled, size: number): Promise<ProgramOp[]> {
    return compiled.isAddress ? [...compiled.ops, ...this.load(compiled, size, false)] : compiled.ops;
  }

  private async member(object: Expression, name: string, arrow: boolean): Promise<Compiled> {
    const direct = await this.any(object, false);
    const kind = strip(direct.type).kind;
    const target = arrow || kind === 'pointer' ? await this.pointee(object) : direct;
    const plain = strip(target.type);
    if (!target.isAddress || (plain.kind !== 'struct' && plain.kind !== 'union' && plain.kind !== 'class')) throw new Later();
    const found = findMember(plain, name);
    if (!found) throw new Later();
    const { bitOffset, member } = found;
    const bytes = Math.floor(bitOffset / 8);
    const ops = bytes === 0 ? target.ops : [...target.ops, constant(BigInt(bytes)), binary('add')];
    const at: Compiled = { ops, type: member.type, isAddress: true };
    return member.bitSize === undefined ? at : { ...at, bits: { offset: bitOffset % 8, size: member.bitSize } };
  }

  private async index(object: Expression, index: Expression): Promise<Compiled> {
    const first = await this.pointee(object);
    const size = sizeOf(first.type);
    if (size === undefined) throw new Later();
    const at = await this.scalar(index);
    return { ops: [...first.ops, ...at.ops, constant(BigInt(size)), binary('mul'), binary('add')], type: first.type, isAddress: true };
  }

  private async infix(e: Infix): Promise<Compiled> {
    const named = this.comparedName(e);
    if (named) return named;
    const known = await this.withEnumerators(e);
    if (known !== e) return this.infix(known);
    const left = await this.any(e.left, false);
    const right = await this.any(e.right, false);
    const isPointer = ({ type }: Compiled): boolean => ['pointer', 'array'].includes(strip(type).kind);
    // Pointer arithmetic scales; comparisons do not.
    if ((e.operator === '+' || e.operator === '-') && (isPointer(left) || isPointer(right))) throw new Later();
    const a = await this.scalar(e.left);
    const b = await this.scalar(e.right);
    if (e.operator === '<<' || e.operator === '>>') {
      const { type } = promote({ value: 0n, type: a.type });
      const operator = e.operator === '<<' ? 'shl' : isSigned(type) ? 'shrs' : 'shru';
      const count: ProgramOp[] = [constant(type.size === 8 ? 63n : 31n), binary('and')];
      return value([...a.ops, ...b.ops, ...count, binary(operator), ...extend(type.size, isSigned(type))], type);
    }
    const type = commonType(a.type, b.type);
    if (type.size > 8) throw new Later();
    const signed = isSigned(type);
    const convert = type.size === 4 ? extend(4, signed) : [];
    const compare = COMPARISONS[e.operator];
    const operands = [...a.ops, ...convert, ...b.ops, ...convert];
    if (compare) return value([...operands, binary(signed ? compare[0] : compare[1])], INT);
    const operator = ARITHMETIC[e.operator];
    if (!operator) throw new Later();
    return value([...operands, binary(signed ? operator[0] : operator[1]), ...extend(type.size, signed)], type);
  }

  /** "state == RUNNING": the name becomes the number it stands for beside a value of its enumeration. */
  private async withEnumerators(e: Infix): Promise<Infix> {
    const replaced = async (name: Expression, beside: Expression): Promise<Expression> => {
      if (name.kind !== 'name' || (await this.scope.variable(name.name)) !== undefined) return name;
      if (beside.kind === 'name' && (await this.scope.variable(beside.name)) === undefined) return name;
      const value = findEnumerator(name, (await this.any(beside, false)).type);
      return value === undefined ? name : { kind: 'number', value: BigInt.asUintN(64, value), suffix: '', decimal: false };
    };
    const left = await replaced(e.left, e.right);
    const right = await replaced(e.right, e.left);
    return left === e.left && right === e.right ? e : { ...e, left, right };
  }

  /** "name == 'SEND_IPI'", "name != 'PF'", "reason == 'cpuid'". */
  private comparedName(e: Infix): Compiled | undefined {
    if ((!this.scope.hypercall && !this.scope.event) || (e.operator !== '==' && e.operator !== '!=')) return undefined;
    const [left, right] = e.left.kind === 'string' ? [e.right, e.left] : [e.left, e.right];
    if (left.kind !== 'name' || (left.name !== 'name' && left.name !== 'reason') || right.kind !== 'string') return undefined;
    const is: ProgramOp = { op: this.scope.hypercall ? 'hypercall-name-is' : 'event-name-is', name: right.value };
    return value(e.operator === '==' ? [is] : [is, { op: 'unary', operator: 'lnot' }], INT);
  }
}

function fail(error: Error): never {
  throw error;
}
