// Differences in x87 results that have a reason.
import { EXCEPTIONS } from '../../src/x86/fpu/bits';
import type { Comparison, Explanation } from './explained';

const TRANSCENDENTAL: readonly string[] = ['F2XM1', 'FYL2X', 'FYL2XP1', 'FSIN', 'FCOS', 'FSINCOS', 'FPTAN', 'FPATAN'];
const isTranscendental = ({ row }: Comparison): boolean => TRANSCENDENTAL.includes(row?.name ?? '');

const number = (text: string | undefined): bigint => BigInt(`0x${text ?? '0'}`);
/** Value of a result's field, which is named only where it changed. */
const st = (at: Comparison, side: 'native' | 'engine', field: string): bigint =>
  at[side].has(field) ? number(at[side].get(field)) : (at.vector.fpu?.st[Number(field[2])] ?? 0n);
const fsw = (at: Comparison, side: 'native' | 'engine'): number =>
  at[side].has('fsw') ? Number(number(at[side].get('fsw'))) : (at.vector.fpu?.fsw ?? 0);

const C1 = 0x200;
/** An inexact result that is not masked sets ES and B as well. */
const PE = 0x80a0;
const UE = 0x10;
/** Units in the last place that a transcendental result of another processor may be off a correctly rounded one (SDM vol 1 ch. 8.3.10: below 1). */
const TOLERANCE = 1n;

/** The same sign, and significands as numbers in line: an exponent step is 2^63 of them. */
function ulps(a: bigint, b: bigint): bigint {
  const line = (value: bigint): bigint => {
    const exponent = (value >> 64n) & 0x7fffn;
    const magnitude = (exponent > 0n ? exponent - 1n : 0n) * (1n << 63n) + BigInt.asUintN(64, value);
    return value >> 79n ? -magnitude : magnitude;
  };
  const distance = line(a) - line(b);
  return distance < 0n ? -distance : distance;
}

export const X87_EXPLAINED: readonly Explanation[] = [
  {
    reason:
      'transcendental functions: ours are correctly rounded, other processors may be one unit in the last place off (SDM vol 1 ch. 8.3.10)',
    applies: (at) =>
      isTranscendental(at) && /^st[0-7]$/.test(at.field) && ulps(st(at, 'native', at.field), st(at, 'engine', at.field)) <= TOLERANCE,
  },
  {
    reason:
      'transcendental functions: C1 says how the processor rounded its own last approximation; AMD processors call exact results inexact, and tiny ones underflows',
    applies: (at) => {
      const difference = fsw(at, 'native') ^ fsw(at, 'engine');
      // PE may have been set before.
      const allowed = C1 | PE | (fsw(at, 'native') & PE & EXCEPTIONS ? UE : 0);
      return isTranscendental(at) && at.field === 'fsw' && (difference & ~allowed) === 0;
    },
  },
  {
    reason: 'MASKMOVQ that faults: AMD processors have made the stack MMX registers before the store',
    applies: ({ row, native, field }) => row?.name === 'MASKMOVQ' && native.get('end') === 'exception' && /^(fsw|ftw|st[0-7])$/.test(field),
  },
  {
    reason: 'FCOMI, FUCOMI: C1 is cleared (SDM vol 2), AMD processors leave it',
    applies: (at) => /^FU?COMIP?$/.test(at.row?.name ?? '') && at.field === 'fsw' && ((fsw(at, 'native') ^ fsw(at, 'engine')) & ~C1) === 0,
  },
];
