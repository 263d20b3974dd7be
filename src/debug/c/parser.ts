// C expressions without calls (C17, 6.5): precedence climbing over tokens. Whether "(name)" is a type is asked of the caller, as in C.
import { debugErrors } from '../debug-error';
import type { Expression, InfixOperator, TypeName, UnaryOperator } from './ast';
import { type Token, tokenize } from './tokens';

const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const UNARY: readonly string[] = ['-', '+', '~', '!', '*', '&'];
const TYPE_WORDS: ReadonlySet<string> = new Set(
  'void char short int long float double signed unsigned _Bool bool struct union enum const volatile'.split(' '),
);
const MAX_DEPTH = 200;

export type IsType = (name: string) => boolean;

export function parseExpression(text: string, isType: IsType = () => false): Expression {
  return new Parser(text, isType).whole();
}

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly isType: IsType,
  ) {
    this.tokens = tokenize(text);
  }

  whole(): Expression {
    const expression = this.assignment();
    if (this.token.kind !== 'end') throw this.unexpected();
    return expression;
  }

  private get token(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)]!;
  }

  private is(...operators: readonly string[]): boolean {
    const { token } = this;
    return token.kind === 'operator' && operators.includes(token.text);
  }

  private takeIf(operator: string): boolean {
    if (!this.is(operator)) return false;
    this.at++;
    return true;
  }

  private expect(operator: string): void {
    if (!this.takeIf(operator)) throw debugErrors.syntax(this.text, this.token.at, `"${operator}" is missing`);
  }

  private unexpected() {
    const { token } = this;
    if (token.kind === 'end') return debugErrors.syntax(this.text, token.at, 'The expression is not complete');
    if (token.kind === 'operator' && token.text === '(') return debugErrors.noCalls();
    const text = 'text' in token ? token.text : this.text.slice(token.at, token.at + 8);
    return debugErrors.syntax(this.text, token.at, `"${text}" is unexpected`);
  }

  private nested<T>(body: () => T): T {
    if (++this.depth > MAX_DEPTH) throw debugErrors.syntax(this.text, this.token.at, 'The expression is nested too deeply');
    const result = body();
    this.depth--;
    return result;
  }

  private assignment(): Expression {
    return this.nested(() => {
      const target = this.conditional();
      if (!this.takeIf('=')) return target;
      return { kind: 'assign', target, value: this.assignment() };
    });
  }

  private conditional(): Expression {
    const condition = this.binary(0);
    if (!this.takeIf('?')) return condition;
    const then = this.nested(() => this.conditional());
    this.expect(':');
    const otherwise = this.nested(() => this.conditional());
    return { kind: 'conditional', condition, then, otherwise };
  }

  private binary(level: number): Expression {
    const operators = LEVELS[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    while (this.is(...operators)) {
      const { text } = this.token as { text: string };
      this.at++;
      const right = this.binary(level + 1);
      left =
        text === '&&' || text === '||'
          ? { kind: 'logical', operator: text, left, right }
          : { kind: 'infix', operator: text as InfixOperator, left, right };
    }
    return left;
  }

  private unary(): Expression {
    return this.nested(() => {
      const { token } = this;
      if (token.kind === 'operator' && UNARY.includes(token.text)) {
        this.at++;
        return { kind: 'unary', operator: token.text as UnaryOperator, operand: this.unary() };
      }
      if (token.kind === 'name' && token.text === 'sizeof') {
        this.at++;
        const type = this.parenthesisedType();
        return type ? { kind: 'sizeof-type', type } : { kind: 'sizeof', operand: this.unary() };
      }
      const type = this.parenthesisedType();
      return type ? { kind: 'cast', type, operand: this.unary() } : this.postfix();
    });
  }

  /** "(type)" where one is; otherwise nothing is consumed. */
  private parenthesisedType(): TypeName | undefined {
    const start = this.at;
    if (!this.takeIf('(')) return undefined;
    const { token } = this;
    if (token.kind !== 'name' || !(TYPE_WORDS.has(token.text) || this.isType(token.text))) {
      this.at = start;
      return undefined;
    }
    const type = this.typeName();
    this.expect(')');
    return type;
  }

  private typeName(): TypeName {
    const words: string[] = [];
    for (;;) {
      const { token } = this;
      if (token.kind !== 'name') break;
      const tagged = ['struct', 'union', 'enum'].includes(words.at(-1) ?? '');
      if (!tagged && !TYPE_WORDS.has(token.text) && words.some((word) => word !== 'const' && word !== 'volatile')) break;
      words.push(token.text);
      this.at++;
    }
    let pointers = 0;
    for (;;) {
      if (this.takeIf('*')) pointers++;
      else if (this.token.kind === 'name' && ['const', 'volatile', 'restrict'].includes(this.token.text)) this.at++;
      else break;
    }
    const bounds: number[] = [];
    while (this.takeIf('[')) {
      const { token } = this;
      if (token.kind !== 'number') throw debugErrors.syntax(this.text, token.at, 'An array in a type needs a number of elements');
      bounds.push(Number(token.value));
      this.at++;
      this.expect(']');
    }
    return { words: words.filter((word) => word !== 'const' && word !== 'volatile'), pointers, bounds };
  }

  private postfix(): Expression {
    let object = this.primary();
    for (;;) {
      if (this.is('.', '->')) {
        const arrow = (this.token as { text: string }).text === '->';
        this.at++;
        const { token } = this;
        if (token.kind !== 'name') throw debugErrors.syntax(this.text, token.at, 'The name of a member is missing');
        this.at++;
        object = { kind: 'member', object, name: token.text, arrow };
      } else if (this.takeIf('[')) {
        const index = this.nested(() => this.conditional());
        this.expect(']');
        object = { kind: 'index', object, index };
      } else if (this.is('(') && object.kind !== 'number') throw debugErrors.noCalls();
      else return object;
    }
  }

  private primary(): Expression {
    const { token } = this;
    this.at++;
    switch (token.kind) {
      case 'number':
        return { kind: 'number', value: token.value, suffix: token.suffix, decimal: token.decimal };
      case 'character':
        return { kind: 'character', value: token.value };
      case 'string':
        return { kind: 'string', value: token.value };
      case 'name':
        return { kind: 'name', name: token.text };
      case 'register':
        return { kind: 'register', name: token.text };
      case 'operator':
        if (token.text === '(') {
          const inner = this.nested(() => this.assignment());
          this.expect(')');
          return inner;
        }
    }
    this.at--;
    throw this.unexpected();
  }
}
