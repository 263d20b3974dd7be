// Vectors and results of the native oracle as data, and as its text lines.
import { GPR_NAMES } from '../../src/x86/layout';
import { type FpuState, formatFpu, parseFpu } from './x87-state';

export const CODE = 0x1000_0000;
export const CODE_SIZE = 0x1000;
export const DATA = 0x2000_0000;
export const DATA_SIZE = 0x2000;
/** Flags that a result is compared by: not ID, which sigreturn does not put back. */
export const FLAGS_SHOWN = 0x4_0dd5n;

/** What the data window holds before a vector's own bytes. */
export const PATTERN = Uint8Array.from({ length: DATA_SIZE }, (_, i) => (i * 7 + (i >> 8) * 13) & 0xff);

export interface Vector {
  id: string;
  mode32: boolean;
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

export const emptyVector = (): Vector => ({
  id: '',
  mode32: false,
  code: new Uint8Array(0),
  gpr: Array.from({ length: 16 }, (_, i) => (i === 4 ? BigInt(DATA + DATA_SIZE / 2) : 0n)),
  rflags: 0x202n,
  fsbase: 0n,
  gsbase: 0n,
  mxcsr: 0x1f80,
  xmm: new Map(),
  memory: [],
});

/** A result's fields by name; `end` is always there. */
export type Result = Map<string, string>;

export const hexBytes = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export function formatVector(v: Vector): string {
  const base = emptyVector();
  const words = [`id=${v.id}`];
  if (v.mode32) words.push('mode=32');
  words.push(`code=${hexBytes(v.code)}`);
  for (const [i, value] of v.gpr.entries()) if (value !== base.gpr[i]) words.push(`${GPR_NAMES[i]}=${value.toString(16)}`);
  if (v.rflags !== base.rflags) words.push(`rflags=${v.rflags.toString(16)}`);
  if (v.fsbase) words.push(`fsbase=${v.fsbase.toString(16)}`);
  if (v.gsbase) words.push(`gsbase=${v.gsbase.toString(16)}`);
  if (v.mxcsr !== base.mxcsr) words.push(`mxcsr=${v.mxcsr.toString(16)}`);
  for (const [i, value] of v.xmm) words.push(`${value >> 128n ? 'ymm' : 'xmm'}${i}=${value.toString(16)}`);
  if (v.fpu) words.push(...formatFpu(v.fpu));
  for (const { address, bytes } of v.memory) words.push(`mem@${address.toString(16)}=${hexBytes(bytes)}`);
  return words.join(' ');
}

export function parseVector(line: string): Vector {
  const v = emptyVector();
  for (const word of line.trim().split(/\s+/)) {
    const at = word.indexOf('=');
    const name = word.slice(0, at);
    const text = word.slice(at + 1);
    const gpr = (GPR_NAMES as readonly string[]).indexOf(name);
    if (gpr >= 0) v.gpr[gpr] = BigInt(`0x${text}`);
    else if (name === 'id') v.id = text;
    else if (name === 'mode') v.mode32 = text === '32';
    else if (name === 'code') v.code = bytesOf(text);
    else if (name === 'rflags' || name === 'fsbase' || name === 'gsbase') v[name] = BigInt(`0x${text}`);
    else if (name === 'mxcsr') v.mxcsr = Number.parseInt(text, 16);
    else if (/^[xy]mm/.test(name)) v.xmm.set(Number(name.slice(3)), BigInt(`0x${text}`));
    else if (name.startsWith('mem@')) v.memory.push({ address: Number.parseInt(name.slice(4), 16), bytes: bytesOf(text) });
    else if (!parseFpu(v, name, text)) throw new Error(`unknown field ${name} in a vector`);
  }
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
