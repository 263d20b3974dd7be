// What stands between quotes (C17, 6.4.4.4 and 6.4.5).
import { debugErrors } from '../debug-error';

const ESCAPES: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  e: 27,
};

/** `start` is at the opening quote; `end` is behind the closing one. */
export function quoted(text: string, start: number, quote: string): { readonly value: string; readonly end: number } {
  let value = '';
  for (let at = start + 1; ; ) {
    const character = text[at];
    if (character === undefined) throw debugErrors.syntax(text, start, `The closing ${quote} is missing of what begins`);
    at++;
    if (character === quote) return { value, end: at };
    if (character !== '\\') {
      value += character;
      continue;
    }
    const { code, length } = escapeAt(text, at);
    value += String.fromCharCode(code);
    at += length;
  }
}

/** Behind the backslash. */
function escapeAt(text: string, at: number): { readonly code: number; readonly length: number } {
  const letter = text[at] ?? '';
  if (letter === 'x') {
    const hex = /^[0-9a-fA-F]{1,2}/.exec(text.slice(at + 1))?.[0] ?? '';
    if (hex === '') throw debugErrors.syntax(text, at + 1, 'A hexadecimal escape needs digits');
    return { code: Number.parseInt(hex, 16), length: 1 + hex.length };
  }
  const octal = /^[0-7]{1,3}/.exec(text.slice(at))?.[0];
  if (octal !== undefined) return { code: Number.parseInt(octal, 8) & 0xff, length: octal.length };
  const code = ESCAPES[letter];
  if (code === undefined) throw debugErrors.syntax(text, at, `There is no escape "\\${letter}"`);
  return { code, length: 1 };
}
