// Names people use for registers and parts of registers, and DWARF's numbers for them (System V psABI x86-64 figure 3.36, i386 table 2.14).
import { REGISTER_BITS } from './bits.rows';

export interface RegisterPart {
  /** Name in the register file. */
  readonly register: string;
  readonly shift: number;
  /** In bits. */
  readonly width: number;
}

const LEGACY = ['ax', 'bx', 'cx', 'dx', 'si', 'di', 'bp', 'sp'];
const ALIASES: Readonly<Record<string, string>> = { pc: 'rip', eflags: 'rflags', flags: 'rflags', fs_base: 'fs.base', gs_base: 'gs.base' };

/** "eax", "ah", "r8d", "$pc": which bits of which register; undefined where the name is none of a part. */
export function registerPart(name: string, has: (register: string) => boolean): RegisterPart | undefined {
  const alias = ALIASES[name] ?? name;
  if (has(alias)) return { register: alias, shift: 0, width: 0 };
  const part = (register: string, width: number, shift = 0): RegisterPart | undefined =>
    has(register) ? { register, shift, width } : undefined;
  if (name.startsWith('e') && (LEGACY.includes(name.slice(1)) || name === 'eip')) return part(`r${name.slice(1)}`, 32);
  if (LEGACY.includes(name) || name === 'ip') return part(`r${name}`, 16);
  const byte = /^([abcd])([lh])$/.exec(name);
  if (byte) return part(`r${byte[1]}x`, 8, byte[2] === 'h' ? 8 : 0);
  const low = /^(si|di|bp|sp)l$/.exec(name);
  if (low) return part(`r${low[1]}`, 8);
  const field = fieldOf(name);
  if (field) return part(field.register, field.width, field.shift);
  const numbered = /^(r\d+)([dwb])$/.exec(name);
  if (numbered?.[1]) return part(numbered[1], numbered[2] === 'd' ? 32 : numbered[2] === 'w' ? 16 : 8);
  return undefined;
}

/** "cr0.pg", and flags by their name alone: "zf". */
function fieldOf(name: string): RegisterPart | undefined {
  const [, register = 'rflags', wanted = name] = /^(\w+)\.(\w+)$/.exec(name) ?? [];
  const row = REGISTER_BITS[register === 'eflags' ? 'rflags' : register]?.find((each) => each.name.toLowerCase() === wanted);
  return row && { register: register === 'eflags' ? 'rflags' : register, shift: row.low, width: row.high - row.low + 1 };
}

const DWARF_64 = 'rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip'.split(' ');
const DWARF_32 = 'rax rcx rdx rbx rsp rbp rsi rdi rip'.split(' ');

/** Name in the register file of a DWARF register number. */
export function dwarfRegisterName(register: number, is64: boolean): string | undefined {
  const general = (is64 ? DWARF_64 : DWARF_32)[register];
  if (general) return general;
  if (is64) {
    if (register >= 17 && register <= 32) return `xmm${register - 17}`;
    return { 49: 'rflags', 50: 'es', 51: 'cs', 52: 'ss', 53: 'ds', 54: 'fs', 55: 'gs', 58: 'fs.base', 59: 'gs.base' }[register];
  }
  return register === 9 ? 'rflags' : register >= 21 && register <= 28 ? `xmm${register - 21}` : undefined;
}

export const DWARF_RETURN_ADDRESS = { is64: 16, is32: 8 } as const;
export const DWARF_STACK_POINTER = { is64: 7, is32: 4 } as const;
export const DWARF_FRAME_POINTER = { is64: 6, is32: 5 } as const;
