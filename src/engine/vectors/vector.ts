// Vectors and results of the native oracle as data, and as its text lines.
import { UserError } from '../../base/user-error';
import { GPR_NAMES } from '../../x86/layout';
import { type FpuState, formatFpu, parseFpu } from './fpu-state';

export const CODE = 0x1000_0000;
export const CODE_SIZE = 0x1000;
export const DATA = 0x2000_0000;
export const DATA_SIZE = 0x2000;
/** Flags that a result is compared by: not ID, which sigreturn does not put back. */
export const FLAGS_SHOWN = 0x4_0dd5n;

/** What the data window holds before a vector's own bytes. */
export const PATTERN = Uint8Array.from({ length: DATA_SIZE }, (_, i) => (i * 7 + (i >> 8) * 13) & 0xff);

/** What a line may hold. */
const MAX_CODE_BYTES = 255;
const MAX_MEMORY_BYTES = 64;
const MAX_MEMORY_FIELDS = 32;

export const vectorErrors = {
  word: (word: string) => new UserError('vector-word', `"${word}" is no field: write name=value`),
  field: (name: string) => new UserError('vector-field', `there is no field "${name}" that the engine knows`),
  value: (name: string, text: string, mustBe: string) => new UserError('vector-value', `"${name}" must be ${mustBe}, but it is "${text}"`),
  window: (name: string) => new UserError('vector-window', `"${name}" reaches beyond the data window, which is 20000000 to 20001fff`),
  noCode: () => new UserError('vector-code', 'there is no "code" in this line'),
} as const;

export interface Vector {
  id: string;
  mode32: boolean;
  /** Instructions to run; 0: to the filler or a fault. */
  step: number;
  rip: bigint;
  code: Uint8Array;
  gpr: bigint[];
  rflags: bigint;
  fsbase: bigint;
  gsbase: bigint;
  mxcsr: number;
  /** 256 bits each. */
  xmm: Map<number, bigint>;
  /** Nothing: the state after FNINIT. */
  fpu?: FpuState;
  memory: { address: number; bytes: Uint8Array }[];
}

const GPRS: readonly bigint[] = Array.from({ length: 16 }, (_, i) => (i === 4 ? BigInt(DATA + DATA_SIZE / 2) : 0n));

export const emptyVector = (): Vector => ({
  id: '',
  mode32: false,
  step: 0,
  rip: BigInt(CODE),
  code: new Uint8Array(0),
  gpr: GPRS.slice(),
  rflags: 0x202n,
  fsbase: 0n,
  gsbase: 0n,
  mxcsr: 0x1f80,
  xmm: new Map(),
  memory: [],
});

/** A result's fields by name; `end` is always there. */
export type Result = Map<string, string>;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
export function hexBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const DEFAULT: Readonly<Vector> = emptyVector();

export function formatVector(v: Vector): string {
  const base = DEFAULT;
  const words = [`id=${v.id}`];
  if (v.mode32) words.push('mode=32');
  if (v.step) words.push(`step=${v.step.toString(16)}`);
  words.push(`code=${hexBytes(v.code)}`);
  for (const [i, value] of v.gpr.entries()) if (value !== base.gpr[i]) words.push(`${GPR_NAMES[i]}=${value.toString(16)}`);
  if (v.rflags !== base.rflags) words.push(`rflags=${v.rflags.toString(16)}`);
  if (v.rip !== base.rip) words.push(`rip=${v.rip.toString(16)}`);
  if (v.fsbase) words.push(`fsbase=${v.fsbase.toString(16)}`);
  if (v.gsbase) words.push(`gsbase=${v.gsbase.toString(16)}`);
  if (v.mxcsr !== base.mxcsr) words.push(`mxcsr=${v.mxcsr.toString(16)}`);
  for (const [i, value] of v.xmm) words.push(`${value >> 128n ? 'ymm' : 'xmm'}${i}=${value.toString(16)}`);
  if (v.fpu) words.push(...formatFpu(v.fpu));
  for (const { address, bytes } of v.memory) words.push(`mem@${address.toString(16)}=${hexBytes(bytes)}`);
  return words.join(' ');
}

const number = (name: string, text: string): bigint => {
  if (!/^[0-9a-f]{1,64}$/i.test(text)) throw vectorErrors.value(name, text, 'a hexadecimal number');
  return BigInt(`0x${text}`);
};
const small = (name: string, text: string, below: number): number => {
  const value = number(name, text);
  if (value >= BigInt(below)) throw vectorErrors.value(name, text, `below ${below.toString(16)}`);
  return Number(value);
};
const bytes = (name: string, text: string, most: number): Uint8Array => {
  if (!/^([0-9a-f]{2})+$/i.test(text) || text.length > most * 2)
    throw vectorErrors.value(name, text, `1 to ${most} bytes, two digits each`);
  return bytesOf(text);
};

/** `mem@ADDR`. */
function memoryField(v: Vector, name: string, text: string): void {
  const address = small(name, name.slice(4), 2 ** 32);
  const field = { address, bytes: bytes(name, text, MAX_MEMORY_BYTES) };
  if (address < DATA || address + field.bytes.length > DATA + DATA_SIZE) throw vectorErrors.window(name);
  if (v.memory.length === MAX_MEMORY_FIELDS) throw vectorErrors.value(name, text, `one of at most ${MAX_MEMORY_FIELDS}`);
  v.memory.push(field);
}

function setField(v: Vector, name: string, text: string): void {
  const gpr = (GPR_NAMES as readonly string[]).indexOf(name);
  const vector = /^([xy])mm(\d|1[0-5])$/.exec(name);
  if (gpr >= 0) v.gpr[gpr] = BigInt.asUintN(64, number(name, text));
  else if (vector) v.xmm.set(Number(vector[2]), BigInt.asUintN(vector[1] === 'x' ? 128 : 256, number(name, text)));
  else if (name.startsWith('mem@')) memoryField(v, name, text);
  else if (name === 'id') v.id = text;
  else if (name === 'code') v.code = bytes(name, text, MAX_CODE_BYTES);
  else if (name === 'step') v.step = small(name, text, 256);
  else if (name === 'mxcsr') v.mxcsr = small(name, text, 0x1_0000);
  else if (name === 'rip' || name === 'rflags' || name === 'fsbase' || name === 'gsbase') v[name] = BigInt.asUintN(64, number(name, text));
  else if (name === 'mode') {
    if (text !== '32' && text !== '64') throw vectorErrors.value(name, text, '32 or 64');
    v.mode32 = text === '32';
  } else if (/^(f[cst]w|st[0-7])$/.test(name)) {
    number(name, text);
    parseFpu(v, name, text);
  } else throw vectorErrors.field(name);
}

/** A line of name=value words; the first that is wrong is a UserError. */
export function parseVector(line: string): Vector {
  const v = emptyVector();
  for (const word of line.trim().split(/\s+/)) {
    if (word.startsWith('#')) break;
    const at = word.indexOf('=');
    if (at < 0) throw vectorErrors.word(word);
    setField(v, word.slice(0, at), word.slice(at + 1));
  }
  if (v.code.length === 0) throw vectorErrors.noCode();
  return v;
}

export function parseResult(line: string): Result {
  return new Map(
    line
      .trim()
      .split(/\s+/)
      .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const),
  );
}
/** Flags after the vector: a result names them only where they changed. */
export const flagsOf = (result: Result, before: Vector): bigint =>
  BigInt(`0x${result.get('rflags') ?? before.rflags.toString(16)}`) & FLAGS_SHOWN;
export const formatResult = (result: Result): string => Array.from(result, ([name, text]) => `${name}=${text}`).join(' ');
