// Register values between the machine's register file and gdb's packets: little-endian, of the described size.
import type { RegisterFile } from '../../machine/control/types';
import { bytesToHex, fromLittleEndian, littleEndian } from '../wire/hex';
import type { GdbRegister } from './features.rows';

/** SDM vol 1, 8.1.7: two bits for each physical register; kept abridged (FXSAVE, vol 1, 10.5.1.1). */
const Tag = { valid: 0, zero: 1, special: 2, empty: 3 } as const;
const INTEGER_BIT = 1n << 63n;

function tagOf(value: bigint): number {
  const exponent = (value >> 64n) & 0x7fffn;
  const fraction = BigInt.asUintN(64, value);
  if (exponent === 0n && fraction === 0n) return Tag.zero;
  return exponent === 0n || exponent === 0x7fffn || (fraction & INTEGER_BIT) === 0n ? Tag.special : Tag.valid;
}

function fullTags(values: Readonly<Record<string, bigint>>): bigint {
  const top = Number(((values.fsw ?? 0n) >> 11n) & 7n);
  const abridged = Number(values.ftw ?? 0n);
  let tags = 0;
  for (let physical = 0; physical < 8; physical++) {
    const tag = abridged & (1 << physical) ? tagOf(values[`st${(physical - top) & 7}`] ?? 0n) : Tag.empty;
    tags |= tag << (2 * physical);
  }
  return BigInt(tags);
}

function abridgedTags(tags: bigint): bigint {
  let abridged = 0n;
  for (let physical = 0n; physical < 8n; physical++) if (((tags >> (2n * physical)) & 3n) !== 3n) abridged |= 1n << physical;
  return abridged;
}

export function linearPc({ values, mode }: RegisterFile): bigint {
  const rip = values.rip ?? 0n;
  return mode === 'long64' ? rip : BigInt.asUintN(32, (values['cs.base'] ?? 0n) + rip);
}

/** Undefined: this machine does not have it. */
function registerValue(register: GdbRegister, file: RegisterFile): bigint | undefined {
  if (register.from === 'ftag') return fullTags(file.values);
  if (register.from === 'linear_pc') return linearPc(file);
  return file.values[register.from];
}

/** "xx" for each byte of what is not there. */
export function encodeValue(register: GdbRegister, file: RegisterFile): string {
  const value = registerValue(register, file);
  const bytes = register.bits / 8;
  return value === undefined ? 'xx'.repeat(bytes) : bytesToHex(littleEndian(value, bytes));
}

/** What to write where; undefined: it follows from others. */
export function writeOf(register: GdbRegister, bytes: Uint8Array): { readonly name: string; readonly value: bigint } | undefined {
  const value = fromLittleEndian(bytes);
  if (register.from === 'ftag') return { name: 'ftw', value: abridgedTags(value) };
  if (register.from === 'linear_pc' || register.from === 'cpl') return undefined;
  return { name: register.from, value };
}
