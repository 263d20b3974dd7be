// Tokens of C expressions (C17, 6.4), with register names written $rip, binary numbers, gdb's @ and { }, and quoted names of files and types.
import { debugErrors } from '../debug-error';
import { quoted } from './literals';

export type Token =
  | { readonly kind: 'number'; readonly at: number; readonly value: bigint; readonly suffix: string; readonly decimal: boolean }
  | { readonly kind: 'float'; readonly at: number; readonly value: number; readonly suffix: string }
  | { readonly kind: 'character'; readonly at: number; readonly value: bigint }
  | { readonly kind: 'string'; readonly at: number; readonly value: string }
  | { readonly kind: 'name'; readonly at: number; readonly text: string }
  /** In single quotes: a file, or a name with characters that C's names do not have. */
  | { readonly kind: 'quoted'; readonly at: number; readonly text: string }
  | { readonly kind: 'register'; readonly at: number; readonly text: string }
  | { readonly kind: 'operator'; readonly at: number; readonly text: string }
  | { readonly kind: 'end'; readonly at: number };

const OPERATORS = [
  ...['<<=', '>>=', '->', '<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '++', '--', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '::'],
  ...'+-*/%&|^~!<>=?:()[]{}.,@',
];

const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+|\d+/y;
const SUFFIX = /[uU](?:ll|LL|[lL])?|(?:ll|LL|[lL])[uU]?|/y;
/** 6.4.4.2, in decimal. Hexadecimal ones are for compilers. */
const FLOAT = /(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/y;
const FLOAT_SUFFIX = /[fFlL]?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*/y;
const REGISTER = /\$[A-Za-z_][A-Za-z0-9_.()]*/y;
/** A character constant's prefix means a wider type of the same value; a string's is not supported. */
const CHARACTER_PREFIX = /(?:u8|[uUL])(?=')/y;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const space = /\s*/y;
    space.lastIndex = at;
    at += space.exec(text)?.[0].length ?? 0;
    if (at >= text.length) break;
    const { token, end } = next(text, at, tokens.at(-1));
    tokens.push(token);
    at = end;
  }
  tokens.push({ kind: 'end', at: text.length });
  return tokens;
}

function next(text: string, at: number, before: Token | undefined): { token: Token; end: number } {
  const take = (pattern: RegExp, from = at): string | undefined => {
    pattern.lastIndex = from;
    return pattern.exec(text)?.[0];
  };
  // "tuple.0.1" has members that are numbers.
  const isMember = before?.kind === 'operator' && (before.text === '.' || before.text === '->');
  const float = isMember || (text[at] === '.' && endsValue(before)) ? undefined : take(FLOAT);
  if (float !== undefined) {
    const suffix = take(FLOAT_SUFFIX, at + float.length) ?? '';
    const end = at + float.length + suffix.length;
    if (/[A-Za-z0-9_.]/.test(text[end] ?? '')) throw debugErrors.syntax(text, at, 'This is no number');
    return { token: { kind: 'float', at, value: Number(float), suffix: suffix.toLowerCase() }, end };
  }
  const digits = take(NUMBER);
  if (digits !== undefined) {
    const suffix = take(SUFFIX, at + digits.length) ?? '';
    const end = at + digits.length + suffix.length;
    if (/[A-Za-z0-9_]/.test(text[end] ?? '')) throw debugErrors.syntax(text, at, 'This is no number');
    const value = numberOf(text, at, digits);
    return { token: { kind: 'number', at, value, suffix: suffix.toLowerCase(), decimal: !/^0./.test(digits) }, end };
  }
  const prefix = take(CHARACTER_PREFIX);
  if (prefix !== undefined || text[at] === "'") return quote(text, at + (prefix?.length ?? 0));
  const name = take(NAME);
  if (name !== undefined) return { token: { kind: 'name', at, text: name }, end: at + name.length };
  const register = take(REGISTER);
  if (register !== undefined) {
    const bare = register.replace(/\)+$/, (ends) => (register.includes('(') ? ends : ''));
    return { token: { kind: 'register', at, text: bare.slice(1).toLowerCase() }, end: at + bare.length };
  }
  if (text[at] === '"') {
    const { value, end } = quoted(text, at, '"');
    return { token: { kind: 'string', at, value }, end };
  }
  const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
  if (operator === undefined) throw debugErrors.syntax(text, at, `"${text[at]}" is not part of a C expression`);
  return { token: { kind: 'operator', at, text: operator }, end: at + operator.length };
}

/** Behind it a "." is followed by a member. */
function endsValue(token: Token | undefined): boolean {
  if (!token) return false;
  return token.kind === 'operator' ? token.text === ')' || token.text === ']' : true;
}

/** One character is a constant; more are a name that needs quotes. */
function quote(text: string, at: number): { token: Token; end: number } {
  const { value, end } = quoted(text, at, "'");
  if (value.length === 1) return { token: { kind: 'character', at, value: BigInt(value.charCodeAt(0)) }, end };
  if (value.length === 0) throw debugErrors.syntax(text, at, 'A character constant holds one character');
  return { token: { kind: 'quoted', at, text: value }, end };
}

function numberOf(text: string, at: number, digits: string): bigint {
  const octal = /^0[0-7]+$/.test(digits);
  if (/^0\d/.test(digits) && !octal) throw debugErrors.syntax(text, at, 'A number that begins with 0 is octal');
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  if (value >= 1n << 64n) throw debugErrors.syntax(text, at, 'This number has more than 64 bits');
  return value;
}
