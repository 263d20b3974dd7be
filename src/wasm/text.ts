// A WebAssembly module as text, one instruction a line, for people to read: of the sections and instructions that this project writes (WebAssembly 2.0, "Binary
// Format"). Function bodies are indented by their blocks; calls name what they call where it is imported.
import { assert } from '../base/assert';
import { MEMORY, PLAIN, SIMD, SIMD_LANE, SIMD_MEMORY, ValType, VOID_BLOCK } from './opcodes';

const invert = (table: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(table).map(([name, code]) => [code, name]));
const PLAIN_NAMES = invert(PLAIN);
const MEMORY_NAMES = invert(MEMORY);
const SIMD_NAMES = invert(SIMD);
const SIMD_MEMORY_NAMES = invert(SIMD_MEMORY);
const SIMD_LANE_NAMES = invert(SIMD_LANE);
const TYPE_NAMES = invert(ValType);
const LOCAL_NAMES: Readonly<Record<number, string>> = {
  32: 'local.get',
  33: 'local.set',
  34: 'local.tee',
  35: 'global.get',
  36: 'global.set',
  12: 'br',
  13: 'br_if',
};
const PREFIXED_NAMES: Readonly<Record<number, string>> = {
  2: 'i32.trunc_sat_f64_s',
  6: 'i64.trunc_sat_f64_s',
  10: 'memory.copy',
  11: 'memory.fill',
};

class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}
  byte(): number {
    const byte = this.bytes[this.at++];
    assert(byte !== undefined, 'module is complete');
    return byte;
  }
  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (!(byte & 0x80)) return value;
    }
  }
  signed(): bigint {
    let value = 0n;
    for (let shift = 0n; ; ) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (!(byte & 0x80)) return BigInt.asIntN(Number(shift), value);
    }
  }
  raw(length: number): Uint8Array {
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }
  name(): string {
    return String.fromCharCode(...this.raw(this.unsigned()));
  }
  list<T>(item: () => T): T[] {
    return Array.from({ length: this.unsigned() }, item);
  }
  types(): string {
    return this.list(() => TYPE_NAMES.get(this.byte())).join(' ');
  }
}

const memoryText = (r: Reader, name: string | undefined): string => {
  r.unsigned();
  const offset = r.unsigned();
  return offset ? `${name} offset=${offset}` : `${name}`;
};

/** One instruction behind its first byte. */
function instruction(r: Reader, opcode: number, functions: readonly string[]): string {
  const plain = PLAIN_NAMES.get(opcode);
  if (plain !== undefined) return plain;
  const memory = MEMORY_NAMES.get(opcode);
  if (memory !== undefined) return memoryText(r, memory);
  const local = LOCAL_NAMES[opcode];
  if (local !== undefined) return `${local} ${r.unsigned()}`;
  switch (opcode) {
    case 0x0e:
      return `br_table ${r.list(() => r.unsigned()).join(' ')} ${r.unsigned()}`;
    case 0x10:
    case 0x12: {
      const index = r.unsigned();
      return `${opcode === 0x10 ? 'call' : 'return_call'} $${functions[index] ?? index}`;
    }
    case 0x11:
      return `call_indirect (type ${r.unsigned()}) (table ${r.unsigned()})`;
    case 0x41:
      return `i32.const ${r.signed()}`;
    case 0x42:
      return `i64.const ${r.signed()}`;
    case 0x43:
    case 0x44: {
      const bytes = r.raw(opcode === 0x43 ? 4 : 8);
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      return opcode === 0x43 ? `f32.const ${view.getFloat32(0, true)}` : `f64.const ${view.getFloat64(0, true)}`;
    }
    case 0xfc: {
      const code = r.unsigned();
      if (code >= 10) r.raw(code === 10 ? 2 : 1);
      return PREFIXED_NAMES[code] ?? `0xfc ${code}`;
    }
    case 0xfd:
      return simd(r, r.unsigned());
    default:
      return `0x${opcode.toString(16)}`;
  }
}
function simd(r: Reader, code: number): string {
  if (code === 12 || code === 13) return `${code === 12 ? 'v128.const i8x16' : 'i8x16.shuffle'} ${r.raw(16).join(' ')}`;
  const memory = SIMD_MEMORY_NAMES.get(code);
  if (memory !== undefined) return memoryText(r, memory);
  const lane = SIMD_LANE_NAMES.get(code);
  if (lane === undefined) return SIMD_NAMES.get(code) ?? `0xfd ${code}`;
  const text = lane.startsWith('v128.') ? memoryText(r, lane) : lane;
  return `${text} ${r.byte()}`;
}

const BLOCKS: Readonly<Record<number, string>> = { 2: 'block', 3: 'loop', 4: 'if' };

function bodyLines(r: Reader, functions: readonly string[]): string[] {
  const end = r.unsigned() + r.at;
  const locals = r.list(() => `${r.unsigned()} ${TYPE_NAMES.get(r.byte())}`);
  const lines = locals.length ? [`  locals: ${locals.join(', ')}`] : [];
  let depth = 1;
  const line = (text: string, at = depth): number => lines.push('  '.repeat(at) + text);
  while (r.at < end) {
    const opcode = r.byte();
    const block = BLOCKS[opcode];
    if (block !== undefined) {
      const type = r.byte();
      line(type === VOID_BLOCK ? block : `${block} (result ${TYPE_NAMES.get(type)})`);
      depth++;
    } else if (opcode === 0x05) line('else', depth - 1);
    else if (opcode === 0x0b) {
      depth--;
      if (depth > 0) line('end');
    } else line(instruction(r, opcode, functions));
  }
  return lines;
}

/** Imports and functions of a module. */
export function wasmText(bytes: Uint8Array): string {
  const types: string[] = [];
  const functions: string[] = [];
  const lines: string[] = [];
  const own: number[] = [];
  for (let r = new Reader(bytes, 8); r.at < bytes.length; ) {
    const id = r.byte();
    const length = r.unsigned();
    const section = new Reader(bytes, r.at);
    r = new Reader(bytes, r.at + length);
    if (id === 1)
      section.list(() => {
        section.byte();
        types.push(`(${section.types()}) → (${section.types()})`);
      });
    else if (id === 2) importSection(section, types, functions, lines);
    else if (id === 3) own.push(...section.list(() => section.unsigned()));
    else if (id === 10) section.list(() => lines.push(`func ${types[own.shift()!]}`, ...bodyLines(section, functions)));
  }
  return `${lines.join('\n')}\n`;
}
function importSection(r: Reader, types: readonly string[], functions: string[], lines: string[]): void {
  r.list(() => {
    const module = r.name();
    const name = r.name();
    if (r.byte() === 0) {
      functions.push(name);
      lines.push(`import ${module}.${name} ${types[r.unsigned()]}`);
      return;
    }
    const flags = r.byte();
    lines.push(`import ${module}.${name} memory ${r.unsigned()}${flags & 1 ? ` ${r.unsigned()}` : ''}${flags & 2 ? ' shared' : ''}`);
  });
}
