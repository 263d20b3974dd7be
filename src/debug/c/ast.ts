// What a C expression is, once parsed. No names are resolved here: that depends on the frame.

export type UnaryOperator = '-' | '+' | '~' | '!' | '*' | '&';
export type InfixOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>' | '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A type as written: "unsigned long", "struct page", "u64", with stars and array bounds behind it. */
export interface TypeName {
  readonly words: readonly string[];
  readonly pointers: number;
  /** Outermost first. */
  readonly bounds: readonly number[];
}

export type Expression =
  | { readonly kind: 'number'; readonly value: bigint; readonly suffix: string; readonly decimal: boolean }
  | { readonly kind: 'character'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | { readonly kind: 'infix'; readonly operator: InfixOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'logical'; readonly operator: '&&' | '||'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'conditional'; readonly condition: Expression; readonly then: Expression; readonly otherwise: Expression }
  | { readonly kind: 'member'; readonly object: Expression; readonly name: string; readonly arrow: boolean }
  | { readonly kind: 'index'; readonly object: Expression; readonly index: Expression }
  | { readonly kind: 'cast'; readonly type: TypeName; readonly operand: Expression }
  | { readonly kind: 'sizeof-type'; readonly type: TypeName }
  | { readonly kind: 'sizeof'; readonly operand: Expression }
  | { readonly kind: 'assign'; readonly target: Expression; readonly value: Expression };
