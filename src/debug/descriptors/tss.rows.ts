// Fields of the task-state segment in its three forms (SDM vol 3, figures 7-2, 7-10 and 7-11): offset and bytes.

export interface TssField {
  readonly name: string;
  readonly offset: number;
  readonly bytes: 2 | 4 | 8;
  /** A stack, or code: its symbol tells more than its number. */
  readonly isAddress?: true;
}

const word = (offset: number, name: string): TssField => ({ name, offset, bytes: 2 });
const double = (offset: number, name: string): TssField => ({ name, offset, bytes: 4 });
const address = (offset: number, name: string, bytes: 4 | 8): TssField => ({ name, offset, bytes, isAddress: true });

export const IO_MAP_BASE = 'I/O map base';

export const TSS_64: readonly TssField[] = [
  address(0x04, 'RSP0', 8),
  address(0x0c, 'RSP1', 8),
  address(0x14, 'RSP2', 8),
  address(0x24, 'IST1', 8),
  address(0x2c, 'IST2', 8),
  address(0x34, 'IST3', 8),
  address(0x3c, 'IST4', 8),
  address(0x44, 'IST5', 8),
  address(0x4c, 'IST6', 8),
  address(0x54, 'IST7', 8),
  word(0x66, IO_MAP_BASE),
];

const GENERAL = ['EAX', 'ECX', 'EDX', 'EBX', 'ESP', 'EBP', 'ESI', 'EDI'];
const SEGMENTS = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS'];

export const TSS_32: readonly TssField[] = [
  word(0x00, 'previous task link'),
  address(0x04, 'ESP0', 4),
  word(0x08, 'SS0'),
  address(0x0c, 'ESP1', 4),
  word(0x10, 'SS1'),
  address(0x14, 'ESP2', 4),
  word(0x18, 'SS2'),
  double(0x1c, 'CR3'),
  address(0x20, 'EIP', 4),
  double(0x24, 'EFLAGS'),
  ...GENERAL.map((name, i) => double(0x28 + 4 * i, name)),
  ...SEGMENTS.map((name, i) => word(0x48 + 4 * i, name)),
  word(0x60, 'LDT segment selector'),
  word(0x64, 'T'),
  word(0x66, IO_MAP_BASE),
];

export const TSS_16: readonly TssField[] = [
  word(0x00, 'previous task link'),
  word(0x02, 'SP0'),
  word(0x04, 'SS0'),
  word(0x06, 'SP1'),
  word(0x08, 'SS1'),
  word(0x0a, 'SP2'),
  word(0x0c, 'SS2'),
  word(0x0e, 'IP'),
  word(0x10, 'FLAGS'),
  ...['AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI'].map((name, i) => word(0x12 + 2 * i, name)),
  ...['ES', 'CS', 'SS', 'DS'].map((name, i) => word(0x22 + 2 * i, name)),
  word(0x2a, 'LDT segment selector'),
];
