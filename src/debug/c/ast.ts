// What a C expression is, once parsed. No names are resolved here: that depends on the frame.

export type UnaryOperator = '-' | '+' | '~' | '!' | '*' | '&';
export type InfixOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>' | '==' | '!=' | '<' | '<=' | '>' | '>=';

/** What stands around the name in a declaration, from the inside out: "(*)[4]" is a pointer to an array. */
export type Derivation =
  | { readonly kind: 'pointer' }
  /** Dimensions that follow each other, outermost first; undefined: "[]". */
  | { readonly kind: 'array'; readonly bounds: readonly (number | undefined)[] }
  | { readonly kind: 'function'; readonly parameters: readonly TypeName[]; readonly variadic: boolean; readonly prototyped: boolean };

/** A type as written: "unsigned long", "struct page", "u64", and what is derived from it, first the one nearest to these words. */
export interface TypeName {
  readonly words: readonly string[];
  readonly derived: readonly Derivation[];
}

export type Expression =
  | { readonly kind: 'number'; readonly value: bigint; readonly suffix: string; readonly decimal: boolean }
  /** `suffix`: "f", "l" or none. */
  | { readonly kind: 'float'; readonly value: number; readonly suffix: string }
  | { readonly kind: 'character'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  /** `scope`: the file or function that a static is in. */
  | { readonly kind: 'name'; readonly name: string; readonly scope?: string }
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | { readonly kind: 'infix'; readonly operator: InfixOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'logical'; readonly operator: '&&' | '||'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'conditional'; readonly condition: Expression; readonly then: Expression; readonly otherwise: Expression }
  | { readonly kind: 'comma'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'member'; readonly object: Expression; readonly name: string; readonly arrow: boolean }
  | { readonly kind: 'index'; readonly object: Expression; readonly index: Expression }
  /** gdb's "first@count": so many elements as an array. */
  | { readonly kind: 'slice'; readonly first: Expression; readonly count: Expression }
  | { readonly kind: 'cast'; readonly type: TypeName; readonly operand: Expression }
  /** gdb's "{type} address". */
  | { readonly kind: 'at'; readonly type: TypeName; readonly address: Expression; readonly physical: boolean }
  | { readonly kind: 'sizeof-type'; readonly type: TypeName }
  | { readonly kind: 'sizeof'; readonly operand: Expression }
  | { readonly kind: 'offsetof'; readonly type: TypeName; readonly member: Expression }
  /** `operator`: of a compound assignment. */
  | { readonly kind: 'assign'; readonly target: Expression; readonly operator: InfixOperator | undefined; readonly value: Expression }
  | { readonly kind: 'step'; readonly target: Expression; readonly by: 1 | -1; readonly prefix: boolean };

/** Whether evaluating it writes to the guest. */
export function changesGuest(e: Expression): boolean {
  switch (e.kind) {
    case 'assign':
    case 'step':
      return true;
    case 'unary':
    case 'cast':
      return changesGuest(e.operand);
    case 'infix':
    case 'logical':
    case 'comma':
      return changesGuest(e.left) || changesGuest(e.right);
    case 'conditional':
      return changesGuest(e.condition) || changesGuest(e.then) || changesGuest(e.otherwise);
    case 'member':
      return changesGuest(e.object);
    case 'index':
      return changesGuest(e.object) || changesGuest(e.index);
    case 'slice':
      return changesGuest(e.first) || changesGuest(e.count);
    case 'at':
      return changesGuest(e.address);
    default:
      return false;
  }
}
