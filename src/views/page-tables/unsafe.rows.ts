// Mappings that a kernel should not have, and protections of the CPU that are off: one row each (SDM vol 3, 5.6; W^X as kernels practise it).
import { fromHex } from '../../protocol/wire';
import type { Range } from './model';
import type { Alias } from './model-map';

export interface UnsafeRange {
  range: Range;
  why: string;
}

interface RangeRule {
  why: string;
  applies(range: Range): boolean;
}
const has = ({ flags }: { flags: readonly string[] }, flag: string): boolean => flags.includes(flag);
/** The half of the canonical addresses that kernels live in. */
const isUpper = ({ start }: Range): boolean => fromHex(start) >= 1n << 63n;

/** The first that applies is told. */
export const rangeRules: readonly RangeRule[] = [
  {
    why: 'user mode can run and write kernel addresses',
    applies: (range) => isUpper(range) && has(range, 'user') && has(range, 'executable') && has(range, 'writable'),
  },
  { why: 'user mode can write kernel addresses', applies: (range) => isUpper(range) && has(range, 'user') && has(range, 'writable') },
  { why: 'user mode can run kernel text', applies: (range) => isUpper(range) && has(range, 'user') && has(range, 'executable') },
  { why: 'user mode can read kernel addresses', applies: (range) => isUpper(range) && has(range, 'user') },
  {
    why: 'writable and executable for user mode',
    applies: (range) => has(range, 'user') && has(range, 'writable') && has(range, 'executable'),
  },
  { why: 'writable and executable (W+X)', applies: (range) => has(range, 'writable') && has(range, 'executable') },
  { why: 'address 0 is mapped: a null pointer does not fault', applies: ({ start }) => fromHex(start) === 0n },
];

interface AliasRule {
  why: string;
  applies(alias: Alias): boolean;
}
export const aliasRules: readonly AliasRule[] = [
  {
    why: 'user mode can write frames that run as kernel code at another address',
    applies: ({ at }) =>
      at.some((one) => has(one, 'user') && has(one, 'writable')) && at.some((one) => has(one, 'executable') && !has(one, 'user')),
  },
  {
    why: 'writable at one address, executable at another',
    applies: ({ at }) => at.some((one) => has(one, 'writable')) && at.some((one) => has(one, 'executable') && !has(one, 'writable')),
  },
];

/** A protection that is off: register, bit, and what that means. */
export const protectionRows = [
  { register: 'cr0', bit: 16, name: 'CR0.WP', why: 'the kernel can write read-only pages' },
  { register: 'efer', bit: 11, name: 'EFER.NXE', why: 'every page is executable' },
  { register: 'cr4', bit: 20, name: 'CR4.SMEP', why: 'the kernel can run user pages' },
  { register: 'cr4', bit: 21, name: 'CR4.SMAP', why: 'the kernel can read and write user pages' },
] as const;

export function unsafeRanges(ranges: readonly Range[], aliases: readonly Alias[]): UnsafeRange[] {
  const direct = ranges.flatMap((range) => {
    const rule = rangeRules.find(({ applies }) => applies(range));
    return rule ? [{ range, why: rule.why }] : [];
  });
  const shared = aliases.flatMap((alias) => {
    const rule = aliasRules.find(({ applies }) => applies(alias));
    const writable = alias.at.find((one) => one.flags.includes('writable')) ?? alias.at[0];
    if (!rule || !writable) return [];
    const end = `0x${(fromHex(writable.start) + alias.size).toString(16)}`;
    const others = alias.at.filter((one) => one !== writable).map(({ start }) => start);
    const range: Range = { start: writable.start, end, gpa: alias.gpa, pageSize: 0, flags: writable.flags, symbol: writable.symbol };
    return [{ range, why: `${rule.why}: ${others.join(', ')}` }];
  });
  return [...direct, ...shared];
}

/** "CR0.WP is off: …" of what the registers say. */
export const protectionsOff = (registerValue: (register: string) => bigint | undefined): string[] =>
  protectionRows.flatMap(({ register, bit, name, why }) => {
    const value = registerValue(register);
    return value === undefined || (value >> BigInt(bit)) & 1n ? [] : [`${name} is off: ${why}`];
  });
