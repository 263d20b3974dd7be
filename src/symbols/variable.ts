// A variable as a debugger shows it: name, type, and where it is in a frame. Optimised out is said, never guessed.

import { DW_AT } from './dwarf/attributes';
import type { Die } from './dwarf/die';
import type { AttributeValue } from './dwarf/forms';
import { DW_TAG } from './dwarf/tags';
import type { EvaluationSource, FramePort, FrameSite } from './frame-evaluator';
import { FrameEvaluator } from './frame-evaluator';
import { type Location, littleEndian, OPTIMIZED_OUT } from './location';
import type { SourcePosition } from './symbol-model';
import { type DataType, sizeOf } from './types';

export type VariableKind = 'parameter' | 'local' | 'static' | 'global';

const DW_OP_addr = 0x03;
const DW_OP_addrx = 0xa1;
const DW_OP_GNU_addr_index = 0xfb;

/** What a variable needs from the file it comes from. */
export interface VariableSource extends EvaluationSource {
  typeOf(die: Die): DataType;
  declarationOf(die: Die): SourcePosition | undefined;
}

export class Variable {
  constructor(
    private readonly source: VariableSource,
    private readonly die: Die,
    private readonly site: FrameSite | undefined,
    readonly kind: VariableKind,
    /** 0 for the function's own scope, more for inner blocks; of equal names the largest is visible. */
    readonly scopeDepth: number,
  ) {}

  get name(): string {
    return this.die.inheritedString(DW_AT.name) ?? '';
  }

  get type(): DataType {
    return this.source.typeOf(this.die);
  }

  get declaration(): SourcePosition | undefined {
    return this.source.declarationOf(this.die);
  }

  /** Made by the compiler ("this", array bounds). */
  get artificial(): boolean {
    for (const die of this.die.chain()) if (die.flag(DW_AT.artificial)) return true;
    return false;
  }

  /** Where the value is. Globals and statics need no frame; others use the frame the variable was asked for. */
  async locate(port: FramePort): Promise<Location> {
    const described = this.die.inherited(DW_AT.location);
    if (described) return new FrameEvaluator(this.source, this.site, port).locate(described.die.unit, described.value);
    const constant = this.die.inherited(DW_AT.const_value);
    return constant ? { kind: 'value', bytes: this.constantBytes(constant.value) } : OPTIMIZED_OUT;
  }

  private constantBytes(value: AttributeValue): Uint8Array {
    if (value.class === 'block') return value.bytes;
    if (value.class === 'constant') return littleEndian(value.value, sizeOf(this.type) ?? 8);
    if (value.class === 'address') return littleEndian(value.value, this.die.unit.addressSize);
    const text = this.die.unit.resolveString(value);
    return text === undefined ? new Uint8Array(0) : new TextEncoder().encode(`${text}\0`);
  }
}

/** Variables of the scopes of one frame, innermost scope first. */
export function variablesOf(source: VariableSource, scopes: readonly Die[], site: FrameSite): Variable[] {
  const variables: Variable[] = [];
  for (let depth = scopes.length - 1; depth >= 0; depth--) {
    for (const die of declaredIn(scopes[depth]!)) variables.push(new Variable(source, die, site, kindOf(die), depth));
  }
  return variables;
}

/**
 * What a scope declares. A compiler that optimised a variable away may leave it out of the concrete copy: then the abstract function's
 * DIE stands for it, which has no location, so that it is shown as optimised out.
 */
function declaredIn(scope: Die): Die[] {
  const concrete = scope.children.filter(isVariable);
  const origin = scope.reference(DW_AT.abstract_origin);
  if (!origin) return concrete;
  const described = originsWithin(scope);
  const byOrigin = new Map(concrete.map((die) => [die.reference(DW_AT.abstract_origin)?.offset, die]));
  const declared: Die[] = [];
  for (const die of origin.children) {
    const copy = byOrigin.get(die.offset);
    if (copy) declared.push(copy);
    else if (isVariable(die) && !described.has(die.offset)) declared.push(die);
  }
  return [...declared, ...concrete.filter((die) => !declared.includes(die))];
}

/** A compiler may put a variable's copy into an inner block of the concrete function. */
function originsWithin(scope: Die): ReadonlySet<number> {
  const origins = new Set<number>();
  const pending = [scope];
  for (let die = pending.pop(); die; die = pending.pop()) {
    for (const child of die.children) {
      if (child.tag === DW_TAG.lexical_block) pending.push(child);
      const origin = isVariable(child) ? child.reference(DW_AT.abstract_origin) : undefined;
      if (origin) origins.add(origin.offset);
    }
  }
  return origins;
}

/** Not "extern int x;" in a block (the global of that name is meant), and not what has no name. */
function isVariable(die: Die): boolean {
  if (die.tag !== DW_TAG.formal_parameter && die.tag !== DW_TAG.variable) return false;
  return !die.flag(DW_AT.declaration) && Boolean(die.inheritedString(DW_AT.name));
}

function kindOf(die: Die): VariableKind {
  if (die.tag === DW_TAG.formal_parameter) return 'parameter';
  const location = die.inherited(DW_AT.location)?.value;
  const first = location?.class === 'block' ? location.bytes[0] : undefined;
  return first === DW_OP_addr || first === DW_OP_addrx || first === DW_OP_GNU_addr_index ? 'static' : 'local';
}
