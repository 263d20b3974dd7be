// Valid encodings that have no semantics yet, so that the run stops and names them instead of raising #UD. A row here loses to any exact one.
import { type InsnRow, row } from './row';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
const UNIMPLEMENTED = { unimplemented: true } as const;

const SSE_0F = [
  ...range(0x10, 0x17),
  ...range(0x28, 0x2f),
  ...range(0x50, 0x6f),
  ...range(0x71, 0x76),
  ...range(0x7c, 0x7f),
  ...range(0xd0, 0xfe),
];
const SSE_0F_IMM = [0x70, 0xc2, 0xc4, 0xc5, 0xc6];

export const UNSUPPORTED_ROWS: readonly InsnRow[] = [
  ...SSE_0F.map((opcode) => row('MMX/SSE', `0F ${hex(opcode)} /r`, '', UNIMPLEMENTED)),
  ...SSE_0F_IMM.map((opcode) => row('MMX/SSE', `0F ${hex(opcode)} /r ib`, '', UNIMPLEMENTED)),
  ...range(0, 0xff).map((opcode) => row('SSE4/AVX/BMI', `0F 38 ${hex(opcode)} /r`, '', UNIMPLEMENTED)),
  ...range(0, 0xff).map((opcode) => row('SSE4/AVX', `0F 3A ${hex(opcode)} /r ib`, '', UNIMPLEMENTED)),
  row('RDRAND', '0F C7 /6', 'Rv:w', { ...UNIMPLEMENTED, feature: 'rdrand' }),
  row('RDSEED', '0F C7 /7', 'Rv:w', { ...UNIMPLEMENTED, feature: 'rdseed' }),
];
