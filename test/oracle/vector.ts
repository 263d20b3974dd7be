// A vector and a result of the oracle as data, and their one-line text (see README.md for the format).

export interface Vector {
  id: string;
  code: number[];
  mode: '64' | '32';
  gpr: bigint[];
  rflags: bigint;
  /** Low and high quadword. */
  xmm: [bigint, bigint][];
  /** At most 32 fields of at most 64 bytes. */
  memory: { address: number; bytes: number[] }[];
}

export const CODE = 0x1000_0000;
export const DATA = 0x2000_0000;
export const DATA_SIZE = 0x2000;
export const GPR = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;

export const hexBytes = (bytes: Iterable<number>): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** What byte i of the data window holds before a vector. */
export const pattern = (i: number): number => (i * 7 + (i >> 8) * 13) & 255;

export const vectorLine = (vector: Vector): string => {
  const words = [`id=${vector.id}`, `code=${hexBytes(vector.code)}`];
  if (vector.mode === '32') words.push('mode=32');
  vector.gpr.forEach((value, i) => {
    if (vector.mode === '64' || i < 8) words.push(`${GPR[i]}=${value.toString(16)}`);
  });
  words.push(`rflags=${vector.rflags.toString(16)}`);
  vector.xmm.forEach(([low, high], i) => {
    if (low !== 0n || high !== 0n) words.push(`xmm${i}=${((high << 64n) | low).toString(16)}`);
  });
  for (const { address, bytes } of vector.memory) words.push(`mem@${address.toString(16)}=${hexBytes(bytes)}`);
  return words.join(' ');
};

/** A result line as its words: name → value text. */
export const parseLine = (line: string): Map<string, string> => {
  const words = new Map<string, string>();
  for (const word of line.trim().split(/\s+/)) {
    const at = word.indexOf('=');
    if (at > 0) words.set(word.slice(0, at), word.slice(at + 1));
  }
  return words;
};

const field = (words: Map<string, string>, name: string, standard: bigint): bigint => {
  const text = words.get(name);
  return text === undefined ? standard : BigInt(`0x${text}`);
};

export const parseVector = (line: string): Vector => {
  const words = parseLine(line);
  const bytes = (text: string): number[] => (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const memory: Vector['memory'] = [];
  for (const [name, value] of words)
    if (name.startsWith('mem@')) memory.push({ address: Number.parseInt(name.slice(4), 16), bytes: bytes(value) });
  return {
    id: words.get('id') ?? '',
    code: bytes(words.get('code') ?? ''),
    mode: words.get('mode') === '32' ? '32' : '64',
    gpr: GPR.map((name, i) => field(words, name, i === 4 ? BigInt(DATA + 0x1000) : 0n)),
    rflags: field(words, 'rflags', 0x202n),
    xmm: Array.from({ length: 16 }, (_, i) => {
      const value = field(words, `xmm${i}`, 0n);
      return [value & 0xffff_ffff_ffff_ffffn, value >> 64n] as [bigint, bigint];
    }),
    memory,
  };
};
