// Values as text: what a variables view shows in one line. Reads through the frame, and says so where something cannot be read.
import { typeName } from '../../symbols/type-name';
import { type CompositeType, type EnumType, elementOf, sizeOf, strip } from '../../symbols/types';
import { ATE, isFloat } from './number';
import { isTuple, type SliceType, shortName, sliceElements, sliceType } from './rust';
import { bytesOf, memoryValue, part, scalarOf, type Value, type ValuePort } from './value';
import { activeVariant } from './variants';

export interface FormatOptions {
  readonly hex: boolean;
  /** "main+0x10" of an address; empty where there is none. */
  readonly symbolAt: (address: bigint) => string;
}

const SUMMARY_LIMIT = 120;
const STRING_LIMIT = 200;
const NESTING = 2;

/** One line. Never throws for what the guest's memory or the debug information lacks. */
export async function formatValue(value: Value, port: ValuePort, options: FormatOptions, depth = 0): Promise<string> {
  try {
    return await format(value, port, options, depth);
  } catch (error) {
    if (!(error instanceof Error) || !('id' in error)) throw error;
    if (error.id === 'optimised-out') return '<optimised out>';
    if (error.id === 'unreadable') return `<${lower(error.message).replace(/\.$/, '')}>`;
    return `<not available: ${lower(error.message).replace(/\.$/, '')}>`;
  }
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

async function format(value: Value, port: ValuePort, options: FormatOptions, depth: number): Promise<string> {
  if (value.location.kind === 'optimizedOut') return '<optimised out>';
  const plain = strip(value.type);
  switch (plain.kind) {
    case 'void':
      return 'void';
    case 'function': {
      const { location } = value;
      return location.kind === 'memory' ? address(location.address, options) : typeName(value.type);
    }
    case 'unknown':
      return `<${plain.reason}>`;
    case 'struct':
    case 'union':
    case 'class':
      return composite(value, plain, port, options, depth);
    case 'array':
      return array(value, port, options, depth);
    case 'enum':
      return enumeration(plain, await scalarOf(value, port), options);
    case 'pointer':
      return pointer(value, port, options, depth);
    case 'base':
      // Rust's unit.
      if (plain.size === 0) return plain.name;
      if (isFloat(plain)) return float(await bytesOf(value, port), plain.size);
      return integer(await scalarOf(value, port), value, options);
  }
}

export function integer(number: bigint, value: Value, { hex }: FormatOptions): string {
  const plain = strip(value.type);
  if (plain.kind !== 'base') return `${number}`;
  if (plain.encoding === ATE.boolean) return number === 0n ? 'false' : number === 1n ? 'true' : `true (${number})`;
  const bits = value.bitSize ?? plain.size * 8;
  const shown = hex ? `0x${BigInt.asUintN(bits, number).toString(16)}` : `${number}`;
  const character = plain.encoding === ATE.signedChar || plain.encoding === ATE.unsignedChar || plain.encoding === ATE.utf;
  return character && value.bitSize === undefined ? `${shown} ${quoteCharacter(Number(number))}` : shown;
}

function quoteCharacter(code: number): string {
  return `'${escaped(String.fromCodePoint(code < 0 ? code & 0xff : Math.min(code, 0x10ffff))).replaceAll("'", "\\'")}'`;
}

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\0': '\\0', '\\': '\\\\', '\x1b': '\\e' };
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      return names[character] ?? (code < 0x20 || (code >= 0x7f && code < 0xa0) ? `\\x${code.toString(16).padStart(2, '0')}` : character);
    })
    .join('');
}

export function enumeration(type: EnumType, number: bigint, { hex }: FormatOptions): string {
  const wrapped = (value: bigint): bigint => BigInt.asUintN(type.size * 8, value);
  const shown = hex ? `0x${wrapped(number).toString(16)}` : `${number}`;
  const exact = type.enumerators.find(({ value }) => wrapped(value) === wrapped(number));
  if (exact) return `${exact.name} (${shown})`;
  // A set of flags: every bit of it has a name.
  let rest = wrapped(number);
  const names: string[] = [];
  for (const { name, value } of type.enumerators) {
    const bit = wrapped(value);
    if (bit === 0n || (bit & (bit - 1n)) !== 0n || (rest & bit) === 0n) continue;
    names.push(name);
    rest &= ~bit;
  }
  return rest === 0n && names.length > 0 ? `${names.join(' | ')} (0x${wrapped(number).toString(16)})` : shown;
}

function float(bytes: Uint8Array, size: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 4) return String(Math.fround(view.getFloat32(0, true)));
  if (size === 8) return String(view.getFloat64(0, true));
  // x87's 80-bit format: to the nearest double.
  const mantissa = view.getBigUint64(0, true);
  const word = view.getUint16(8, true);
  const exponent = word & 0x7fff;
  const sign = word & 0x8000 ? -1 : 1;
  if (exponent === 0x7fff) return BigInt.asUintN(63, mantissa) === 0n ? String(sign * Number.POSITIVE_INFINITY) : 'NaN';
  return String(sign * Number(mantissa) * 2 ** (exponent - 16383 - 63));
}

function address(value: bigint, { symbolAt }: FormatOptions): string {
  const symbol = value === 0n ? '' : symbolAt(value);
  return `0x${value.toString(16)}${symbol === '' ? '' : ` <${symbol}>`}`;
}

async function pointer(value: Value, port: ValuePort, options: FormatOptions, depth: number): Promise<string> {
  const plain = strip(value.type);
  const to = await scalarOf(value, port);
  const shown = address(to, options);
  // A reference is what it refers to, and where that is.
  if (plain.kind === 'pointer' && plain.flavour !== 'pointer' && depth < NESTING)
    return `@${shown}: ${await formatValue(memoryValue(to, plain.target), port, options, depth + 1)}`;
  if (plain.kind !== 'pointer' || to === 0n || depth > 0 || !isCharacter(plain.target)) return shown;
  const text = await cstring(to, port);
  return text === undefined ? shown : `${shown} ${text}`;
}

function isCharacter(type: Value['type']): boolean {
  const plain = strip(type);
  return plain.kind === 'base' && plain.size === 1 && (plain.encoding === ATE.signedChar || plain.encoding === ATE.unsignedChar);
}

async function cstring(at: bigint, port: ValuePort): Promise<string | undefined> {
  const text: number[] = [];
  // A text may lie just before memory that is not there: smaller steps reach its end.
  for (let step = 128; step > 0 && text.length <= STRING_LIMIT && !text.includes(0); ) {
    const bytes = await port.memory(at + BigInt(text.length), step);
    if (bytes && bytes.length === step) text.push(...bytes);
    else step >>= 1;
  }
  const end = text.indexOf(0);
  return end < 0 && text.length <= STRING_LIMIT ? undefined : quoteBytes(Uint8Array.from(text), end);
}

function quoteBytes(bytes: Uint8Array, end: number): string {
  const cut = end < 0 || end > STRING_LIMIT;
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, cut ? STRING_LIMIT : end));
  const utf8 = new TextDecoder('utf-8').decode(bytes.subarray(0, cut ? STRING_LIMIT : end));
  return `"${escaped(utf8.includes('\ufffd') ? text : utf8).replaceAll('"', '\\"')}"${cut ? '…' : ''}`;
}

async function composite(value: Value, type: CompositeType, port: ValuePort, options: FormatOptions, depth: number): Promise<string> {
  if (type.size === undefined) return '<incomplete type>';
  if (type.variants) return variant(value, port, options, depth);
  const slice = sliceType(type);
  if (slice) return formatSlice(value, slice, port, options, depth);
  if (depth >= NESTING) return '{…}';
  const shown = await formatMembers(value, type, port, options, depth);
  if (!isTuple(type)) return type.written === '()' ? '()' : `{${shown.join(', ')}}`;
  return `${shortName(type)}(${shown.join(', ')})`;
}

async function formatMembers(value: Value, type: CompositeType, port: ValuePort, options: FormatOptions, depth: number): Promise<string[]> {
  const shown: string[] = [];
  let length = 2;
  const named = !isTuple(type);
  for (const member of type.members) {
    if (length > SUMMARY_LIMIT) {
      shown.push('…');
      break;
    }
    const inner = await formatValue(part(value, member.bitOffset, member.type, member.bitSize), port, options, depth + 1);
    const text = member.name === '' || !named ? inner : `${member.name} = ${inner}`;
    shown.push(text);
    length += text.length + 2;
  }
  return shown;
}

/** "Some(5)", "Circle {radius = 3}", "None". */
async function variant(value: Value, port: ValuePort, options: FormatOptions, depth: number): Promise<string> {
  const active = await activeVariant(value, port);
  if (!active) return '<no variant of it>';
  const fields = strip(active.value.type);
  if (fields.kind !== 'struct' || fields.members.length === 0) return active.name;
  if (depth > NESTING) return `${active.name}…`;
  const shown = await formatMembers(active.value, fields, port, options, depth);
  return isTuple(fields) ? `${active.name}(${shown.join(', ')})` : `${active.name} {${shown.join(', ')}}`;
}

async function formatSlice(value: Value, slice: SliceType, port: ValuePort, options: FormatOptions, depth: number): Promise<string> {
  const elements = await sliceElements(value, slice, port);
  const count = elements && strip(elements.type);
  if (!elements || count?.kind !== 'array') return '<no slice>';
  const length = count.dimensions[0] ?? 0;
  if (!slice.isText) return length === 0 ? '[0] {}' : array(elements, port, options, depth);
  if (length === 0) return '""';
  const shown = Math.min(length, STRING_LIMIT + 1);
  const bytes = await bytesOf({ ...elements, type: { ...count, dimensions: [shown], size: shown } }, port);
  return quoteBytes(bytes, length);
}

async function array(value: Value, port: ValuePort, options: FormatOptions, depth: number): Promise<string> {
  const plain = strip(value.type);
  if (plain.kind !== 'array') return '';
  const count = plain.dimensions[0];
  const element = elementOf(plain);
  if (isCharacter(element) && !plain.rust && count !== undefined && count > 0) {
    const bytes = await bytesOf(
      { ...part(value, 0, { ...plain, size: Math.min(count, STRING_LIMIT + 1), dimensions: [Math.min(count, STRING_LIMIT + 1)] }) },
      port,
    );
    const end = bytes.indexOf(0);
    return quoteBytes(bytes, end < 0 && count <= STRING_LIMIT ? count : end);
  }
  const size = sizeOf(element);
  if (count === undefined || size === undefined) return value.location.kind === 'memory' ? address(value.location.address, options) : '[…]';
  if (depth >= NESTING) return `[${count}]`;
  const shown: string[] = [];
  let length = 2;
  for (let i = 0; i < count; i++) {
    if (length > SUMMARY_LIMIT / 2) {
      shown.push('…');
      break;
    }
    const text = await formatValue(elementAt(value, i), port, options, depth + 1);
    shown.push(text);
    length += text.length + 2;
  }
  return `[${count}] {${shown.join(', ')}}`;
}

export function elementAt(value: Value, index: number): Value {
  const plain = strip(value.type);
  if (plain.kind !== 'array') return value;
  const element = elementOf(plain);
  const size = sizeOf(element) ?? 0;
  if (value.location.kind === 'memory') return memoryValue(value.location.address + BigInt(index) * BigInt(size), element);
  return part(value, index * size * 8, element);
}
