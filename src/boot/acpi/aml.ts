// ACPI Machine Language, built as bytes: what the tables of a small machine need of it (ACPI 6.5, chapter 20).

export type Aml = readonly number[];

const OP = {
  zero: 0x00,
  one: 0x01,
  name: 0x08,
  byte: 0x0a,
  word: 0x0b,
  dword: 0x0c,
  string: 0x0d,
  scope: 0x10,
  buffer: 0x11,
  package: 0x12,
} as const;
const EXTENDED = 0x5b;
const DEVICE = 0x82;
const ROOT = 0x5c;

const little = (value: number, size: number): number[] => Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

/** 20.2.2: a name segment is four characters, padded with underscores; "\_SB_" and "_SB_.PCI0" are paths. */
export function nameString(path: string): Aml {
  const rooted = path.startsWith('\\');
  const segments = (rooted ? path.slice(1) : path).split('.');
  const bytes = segments.flatMap((segment) => [...segment.padEnd(4, '_')].map((character) => character.charCodeAt(0)));
  const prefix = segments.length === 1 ? [] : segments.length === 2 ? [0x2e] : [0x2f, segments.length];
  return [...(rooted ? [ROOT] : []), ...prefix, ...bytes];
}

/** 20.2.4: the length counts its own bytes. */
function withLength(body: Aml): Aml {
  if (body.length + 1 <= 0x3f) return [body.length + 1, ...body];
  for (let extra = 1; ; extra++) {
    const total = body.length + 1 + extra;
    if (total < 2 ** (4 + 8 * extra)) return [(extra << 6) | (total & 0x0f), ...little(Math.floor(total / 16), extra), ...body];
  }
}

export function integer(value: number): Aml {
  if (value === 0) return [OP.zero];
  if (value === 1) return [OP.one];
  if (value <= 0xff) return [OP.byte, value];
  return value <= 0xffff ? [OP.word, ...little(value, 2)] : [OP.dword, ...little(value, 4)];
}

export const text = (value: string): Aml => [OP.string, ...[...value].map((character) => character.charCodeAt(0)), 0];
export const name = (path: string, value: Aml): Aml => [OP.name, ...nameString(path), ...value];
export const scope = (path: string, ...body: Aml[]): Aml => [OP.scope, ...withLength([...nameString(path), ...body.flat()])];
export const device = (path: string, ...body: Aml[]): Aml => [EXTENDED, DEVICE, ...withLength([...nameString(path), ...body.flat()])];
export const packageOf = (...elements: Aml[]): Aml => [OP.package, ...withLength([elements.length, ...elements.flat()])];
export const buffer = (bytes: readonly number[]): Aml => [OP.buffer, ...withLength([...integer(bytes.length), ...bytes])];

/** 19.3.4: a plug-and-play identifier, three letters and four hexadecimal digits, in its compressed form. */
export function eisaId(id: string): Aml {
  const letter = (at: number): number => id.charCodeAt(at) - 0x40;
  const vendor = (letter(0) << 10) | (letter(1) << 5) | letter(2);
  const product = Number.parseInt(id.slice(3), 16);
  return [OP.dword, vendor >> 8, vendor & 0xff, product >> 8, product & 0xff];
}
