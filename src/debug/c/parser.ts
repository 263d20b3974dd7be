// C expressions without calls (C17, 6.5), with gdb's "first@count", "{type} address" and 'file.c'::name, and phys(type, address).
import type { Expression, InfixOperator, TypeName, UnaryOperator } from './ast';
import { TokenStream } from './token-stream';
import { type IsType, startsType, typeName } from './type-syntax';

const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['@'],
  ['+', '-'],
  ['*', '/', '%'],
];
const UNARY: readonly string[] = ['-', '+', '~', '!', '*', '&'];
const COMPOUND: readonly string[] = ['+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>='];

export function parseExpression(text: string, isType: IsType = () => false): Expression {
  return new Parser(new TokenStream(text), isType).whole();
}

class Parser {
  constructor(
    private readonly stream: TokenStream,
    private readonly isType: IsType,
  ) {}

  whole(): Expression {
    const expression = this.comma();
    if (this.stream.token.kind !== 'end') throw this.stream.unexpected();
    return expression;
  }

  private comma(): Expression {
    let left = this.assignment();
    while (this.stream.takeIf(',')) left = { kind: 'comma', left, right: this.assignment() };
    return left;
  }

  private assignment(): Expression {
    const { stream } = this;
    return stream.nested(() => {
      const target = this.conditional();
      if (stream.takeIf('=')) return { kind: 'assign', target, operator: undefined, value: this.assignment() };
      const compound = COMPOUND.find((operator) => stream.takeIf(operator));
      if (compound === undefined) return target;
      return { kind: 'assign', target, operator: compound.slice(0, -1) as InfixOperator, value: this.assignment() };
    });
  }

  private conditional(): Expression {
    const { stream } = this;
    const condition = this.binary(0);
    if (!stream.takeIf('?')) return condition;
    const then = stream.nested(() => this.comma());
    stream.expect(':');
    const otherwise = stream.nested(() => this.conditional());
    return { kind: 'conditional', condition, then, otherwise };
  }

  private binary(level: number): Expression {
    const operators = LEVELS[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    while (this.stream.is(...operators)) {
      const { text } = this.stream.take() as { text: string };
      const right = this.binary(level + 1);
      if (text === '@') left = { kind: 'slice', first: left, count: right };
      else if (text === '&&' || text === '||') left = { kind: 'logical', operator: text, left, right };
      else left = { kind: 'infix', operator: text as InfixOperator, left, right };
    }
    return left;
  }

  private unary(): Expression {
    const { stream } = this;
    return stream.nested(() => {
      if (stream.takeIf('++')) return { kind: 'step', target: this.unary(), by: 1, prefix: true };
      if (stream.takeIf('--')) return { kind: 'step', target: this.unary(), by: -1, prefix: true };
      if (stream.is(...UNARY)) {
        const { text } = stream.take() as { text: string };
        return { kind: 'unary', operator: text as UnaryOperator, operand: this.unary() };
      }
      if (stream.isName('sizeof')) {
        stream.take();
        const type = this.parenthesisedType();
        return type ? { kind: 'sizeof-type', type } : { kind: 'sizeof', operand: this.unary() };
      }
      if (stream.takeIf('{')) {
        const type = this.typeName();
        stream.expect('}');
        return { kind: 'at', type, address: this.unary(), physical: false };
      }
      const type = this.parenthesisedType();
      return type ? { kind: 'cast', type, operand: this.unary() } : this.postfix();
    });
  }

  /** "(type)" where one is; otherwise nothing is consumed. */
  private parenthesisedType(): TypeName | undefined {
    const { stream } = this;
    return stream.attempt(() => {
      if (!stream.takeIf('(') || !startsType(stream, this.isType)) return undefined;
      const type = typeName(stream, this.isType);
      stream.expect(')');
      return type;
    });
  }

  private typeName(): TypeName {
    if (!startsType(this.stream, this.isType)) throw this.stream.error('The name of a type is missing');
    return typeName(this.stream, this.isType);
  }

  private postfix(): Expression {
    const { stream } = this;
    let object = this.primary();
    for (;;) {
      if (stream.is('.', '->')) {
        const arrow = stream.is('->');
        stream.take();
        object = { kind: 'member', object, name: this.memberName(), arrow };
      } else if (stream.takeIf('[')) {
        const index = stream.nested(() => this.comma());
        stream.expect(']');
        object = { kind: 'index', object, index };
      } else if (stream.takeIf('++')) object = { kind: 'step', target: object, by: 1, prefix: false };
      else if (stream.takeIf('--')) object = { kind: 'step', target: object, by: -1, prefix: false };
      else if (stream.is('(') && object.kind !== 'number') throw stream.unexpected();
      else return object;
    }
  }

  /** Rust's tuples have members that are numbers: "0" is __0 in the debug information. */
  private memberName(): string {
    const { token } = this.stream;
    if (token.kind !== 'name' && !(token.kind === 'number' && token.decimal && token.suffix === ''))
      throw this.stream.error('The name of a member is missing');
    this.stream.take();
    return token.kind === 'name' ? token.text : `__${token.value}`;
  }

  private primary(): Expression {
    const { stream } = this;
    const { token } = stream;
    switch (token.kind) {
      case 'number':
        stream.take();
        return { kind: 'number', value: token.value, suffix: token.suffix, decimal: token.decimal };
      case 'float':
        stream.take();
        return { kind: 'float', value: token.value, suffix: token.suffix };
      case 'character':
        stream.take();
        return { kind: 'character', value: token.value };
      case 'string':
        return { kind: 'string', value: this.strings() };
      case 'name':
        return this.builtIn() ?? this.name(token.text);
      case 'quoted':
        return this.quotedName(token.text);
      case 'register':
        stream.take();
        return { kind: 'register', name: token.text };
      case 'operator':
        if (stream.takeIf('(')) {
          const inner = stream.nested(() => this.comma());
          stream.expect(')');
          return inner;
        }
    }
    throw stream.unexpected();
  }

  private name(name: string): Expression {
    this.stream.take();
    return { kind: 'name', name };
  }

  /** 'file.c'::name, or a name that only quotes can hold. */
  private quotedName(text: string): Expression {
    const { stream } = this;
    stream.take();
    if (!stream.takeIf('::')) return { kind: 'name', name: text };
    const { token } = stream;
    if (token.kind !== 'name') throw stream.error('The name of a variable is missing');
    stream.take();
    return { kind: 'name', name: token.text, scope: text };
  }

  /** Strings that stand side by side are one. */
  private strings(): string {
    let value = '';
    for (let { token } = this.stream; token.kind === 'string'; { token } = this.stream) {
      value += token.value;
      this.stream.take();
    }
    return value;
  }

  /** phys(type, address), offsetof(type, member): unless the program has such names itself, they would be calls. */
  private builtIn(): Expression | undefined {
    const { stream } = this;
    const next = stream.following;
    if (next.kind !== 'operator' || next.text !== '(') return undefined;
    if (stream.isName('phys')) {
      stream.take();
      stream.take();
      const type = this.typeName();
      stream.expect(',');
      const address = stream.nested(() => this.assignment());
      stream.expect(')');
      return { kind: 'at', type, address, physical: true };
    }
    if (!stream.isName('offsetof') && !stream.isName('__builtin_offsetof')) return undefined;
    stream.take();
    stream.take();
    const type = this.typeName();
    stream.expect(',');
    const member = stream.nested(() => this.postfix());
    stream.expect(')');
    return { kind: 'offsetof', type, member };
  }
}
