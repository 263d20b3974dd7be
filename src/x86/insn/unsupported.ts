// Valid encodings that have no semantics yet, so that the run stops and names them instead of raising #UD. A row here loses to any exact one.
import { type InsnRow, row } from './row';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
const UNIMPLEMENTED = { unimplemented: true } as const;

/** Instructions on MMX registers: with no prefix, and those that also have an XMM register. */
const MMX_0F = [
  ...[0x2a, 0x2c, 0x2d, ...range(0x60, 0x6b), 0x6e, 0x6f, ...range(0x74, 0x76), 0x7e, 0x7f],
  ...[...range(0xd1, 0xd5), 0xd7, ...range(0xd8, 0xe5), 0xe7, ...range(0xe8, 0xef), ...range(0xf1, 0xf7), ...range(0xf8, 0xfe)],
];
const MMX_0F_IMM = [0x70, 0x71, 0x72, 0x73, 0xc4, 0xc5];
const MMX_0F38 = [...range(0x00, 0x0b), ...range(0x1c, 0x1e)];
const MMX_XMM = ['66 0F 2A', '66 0F 2C', '66 0F 2D', 'F2 0F D6', 'F3 0F D6'];

export const UNSUPPORTED_ROWS: readonly InsnRow[] = [
  ...range(0xd8, 0xdf).map((opcode) => row('x87', `${hex(opcode)} /r`, '', UNIMPLEMENTED)),
  row('FWAIT', '9B', '', UNIMPLEMENTED),
  ...MMX_0F.map((opcode) => row('MMX', `NP 0F ${hex(opcode)} /r`, '', UNIMPLEMENTED)),
  ...MMX_0F_IMM.map((opcode) => row('MMX', `NP 0F ${hex(opcode)} /r ib`, '', UNIMPLEMENTED)),
  row('EMMS', 'NP 0F 77', '', UNIMPLEMENTED),
  ...MMX_0F38.map((opcode) => row('MMX', `NP 0F 38 ${hex(opcode)} /r`, '', UNIMPLEMENTED)),
  row('MMX', 'NP 0F 3A 0F /r ib', '', UNIMPLEMENTED),
  ...MMX_XMM.map((opcode) => row('MMX', `${opcode} /r`, '', UNIMPLEMENTED)),
  ...['0F 38 F0', '0F 38 F1', '66 0F 38 F6', 'F3 0F 38 F6'].map((opcode) => row('MOVBE/ADX', `${opcode} /r`, '', UNIMPLEMENTED)),
  row('VEX', 'C4 /r', 'R:n', UNIMPLEMENTED),
  row('VEX', 'C5 /r', 'R:n', UNIMPLEMENTED),
  row('VEX', 'C4 /r', 'm:n', { ...UNIMPLEMENTED, modes: '64' }),
  row('VEX', 'C5 /r', 'm:n', { ...UNIMPLEMENTED, modes: '64' }),
  row('EVEX', '62 /r', 'R:n', UNIMPLEMENTED),
  row('EVEX', '62 /r', 'm:n', { ...UNIMPLEMENTED, modes: '64' }),
  row('RDRAND', '0F C7 /6', 'Rv:w', { ...UNIMPLEMENTED, feature: 'rdrand' }),
  row('RDSEED', '0F C7 /7', 'Rv:w', { ...UNIMPLEMENTED, feature: 'rdseed' }),
];
