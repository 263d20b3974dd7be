// Tokens of C expressions (C17, 6.4), with register names written $rip and hexadecimal, octal and binary numbers.
import { debugErrors } from '../debug-error';

export type Token =
  | { readonly kind: 'number'; readonly at: number; readonly value: bigint; readonly suffix: string; readonly decimal: boolean }
  | { readonly kind: 'character'; readonly at: number; readonly value: bigint }
  | { readonly kind: 'string'; readonly at: number; readonly value: string }
  | { readonly kind: 'name'; readonly at: number; readonly text: string }
  | { readonly kind: 'register'; readonly at: number; readonly text: string }
  | { readonly kind: 'operator'; readonly at: number; readonly text: string }
  | { readonly kind: 'end'; readonly at: number };

const OPERATORS = [
  '<<=',
  '>>=',
  '->',
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  '&&',
  '||',
  '++',
  '--',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
];
const SINGLE = '+-*/%&|^~!<>=?:()[].,';
const ESCAPES: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  '0': 0,
  '\\': 92,
  "'": 39,
  '"': 34,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  e: 27,
};

const NUMBER = /(?:0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)/y;
const SUFFIX = /[uUlL]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*/y;
const REGISTER = /\$[A-Za-z_][A-Za-z0-9_.()]*/y;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const character = text[at]!;
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    const number = take(NUMBER);
    if (number !== undefined) {
      const start = at;
      at += number.length;
      const suffix = take(SUFFIX) ?? '';
      at += suffix.length;
      if (/[A-Za-z0-9_]/.test(text[at] ?? '')) throw debugErrors.syntax(text, start, 'This is no number');
      if (text[at] === '.' && /\d/.test(text[at + 1] ?? '')) throw debugErrors.noFloat();
      tokens.push({
        kind: 'number',
        at: start,
        value: numberOf(text, start, number),
        suffix: suffix.toLowerCase(),
        decimal: !/^0./.test(number),
      });
      continue;
    }
    const name = take(NAME);
    if (name !== undefined) {
      tokens.push({ kind: 'name', at, text: name });
      at += name.length;
      continue;
    }
    const register = take(REGISTER);
    if (register !== undefined) {
      const bare = register.replace(/\)+$/, (ends) => (register.includes('(') ? ends : ''));
      tokens.push({ kind: 'register', at, text: bare.slice(1).toLowerCase() });
      at += bare.length;
      continue;
    }
    if (character === "'" || character === '"') {
      const { value, end } = quoted(text, at, character);
      if (character === '"') tokens.push({ kind: 'string', at, value });
      else if (value.length !== 1) throw debugErrors.syntax(text, at, 'A character constant holds one character');
      else tokens.push({ kind: 'character', at, value: BigInt(value.charCodeAt(0)) });
      at = end;
      continue;
    }
    const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at)) ?? (SINGLE.includes(character) ? character : undefined);
    if (operator === undefined) throw debugErrors.syntax(text, at, `"${character}" is not part of a C expression`);
    tokens.push({ kind: 'operator', at, text: operator });
    at += operator.length;
  }
  tokens.push({ kind: 'end', at });
  return tokens;
}

function numberOf(text: string, at: number, digits: string): bigint {
  const octal = /^0[0-7]+$/.test(digits);
  if (/^0\d/.test(digits) && !octal) throw debugErrors.syntax(text, at, 'A number that begins with 0 is octal');
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  if (value >= 1n << 64n) throw debugErrors.syntax(text, at, 'This number has more than 64 bits');
  return value;
}

function quoted(text: string, start: number, quote: string): { value: string; end: number } {
  let value = '';
  let at = start + 1;
  for (;;) {
    const character = text[at];
    if (character === undefined) throw debugErrors.syntax(text, start, `The closing ${quote} is missing of what begins`);
    at++;
    if (character === quote) return { value, end: at };
    if (character !== '\\') {
      value += character;
      continue;
    }
    const letter = text[at] ?? '';
    at++;
    if (letter === 'x') {
      const hex = /^[0-9a-fA-F]{1,2}/.exec(text.slice(at))?.[0] ?? '';
      if (hex === '') throw debugErrors.syntax(text, at, 'A hexadecimal escape needs digits');
      value += String.fromCharCode(Number.parseInt(hex, 16));
      at += hex.length;
    } else {
      const code = ESCAPES[letter];
      if (code === undefined) throw debugErrors.syntax(text, at - 1, `There is no escape "\\${letter}"`);
      value += String.fromCharCode(code);
    }
  }
}
