// What the manuals leave to the processor, or say of one vendor's alone: the engine has AMD's choices, so these differ on a native CPU of another vendor only.
import type { Result } from '../../src/engine/vectors/vector';
import type { InsnRow } from '../../src/x86/insn/row';
import type { Comparison, Explanation } from './explained';
import { isOtherVendor } from './host';

const VECTOR_REGISTER = /^[xy]mm\d+$/;
/** All ones in the exponent and a fraction. */
const isNan = (lane: string): boolean => {
  const [exponent, fraction] = lane.length === 16 ? [0x7ffn << 52n, 52n] : [0xffn << 23n, 23n];
  const value = BigInt(`0x${lane}`);
  return (value & exponent) === exponent && BigInt.asUintN(Number(fraction), value) !== 0n;
};
const lanesOf = (text: string | undefined, isDouble: boolean): readonly string[] =>
  (text ?? '').padStart(64, '0').match(isDouble ? /.{16}/g : /.{8}/g) ?? [];
const isPageFault = (result: Result): boolean => result.get('vector') === 'e';
const bothPageFault = ({ native, engine }: Comparison): boolean => isPageFault(native) && isPageFault(engine);
/** Also across 4 GiB, where 32-bit addresses may go on at 0. */
const isNear = (a: string | undefined, b: string | undefined, bytes: bigint): boolean => {
  const distance = BigInt(`0x${a ?? '0'}`) - BigInt(`0x${b ?? '0'}`);
  return [distance, distance + (1n << 32n), distance - (1n << 32n)].some((each) => each < bytes && -each < bytes);
};
/** Zeros, the x87 control word after FNINIT, MXCSR after reset with its mask, XSTATE_BV. */
const INITIAL = /^(0{16}|7f030{12}|801f0000ffff0[02]00|0[0-7]0{14})$/;
/** XSTATE_BV of an area whose header is the vector's own. */
const isHeader = ({ vector, native, field }: Comparison): boolean =>
  vector.memory.some(({ address, bytes }) => bytes.length === 64 && field === `mem@${address.toString(16)}`) &&
  /^0[0-7]/.test(native.get(field) ?? '00');
const faults = (result: Result): boolean => result.get('end') === 'exception';
const is = (row: InsnRow | undefined, names: RegExp): boolean => names.test(row?.name ?? '');

const OTHERS: readonly Explanation[] = [
  {
    reason:
      'gathers that fault: Intel processors have made whole masks of the mask operand, and zeros of upper halves, before the first element (SDM vol 2 "VGATHERDPS")',
    applies: ({ row, native, engine, field }) => is(row, /^VP?GATHER/) && VECTOR_REGISTER.test(field) && faults(native) && faults(engine),
  },
  {
    reason: 'stores of MMX registers that fault: Intel processors have made the stack MMX registers before the store',
    applies: ({ row, native, field }) => is(row, /^(MOVD|MOVQ|MOVNTQ)$/) && faults(native) && /^(fsw|ftw|st[0-7])$/.test(field),
  },
  {
    reason: 'stores of several parts that fault: Intel processors may have written the parts before the missing page',
    applies: (at) => is(at.row, /^(FSTP|FBSTP)$/) && at.field.startsWith('mem@') && bothPageFault(at),
  },
  {
    reason: "masked stores and loads: which of the bytes in a missing page is in CR2 is the processor's own",
    applies: (at) => is(at.row, /^V?P?MASKMOV/) && at.field === 'cr2' && isNear(at.native.get('cr2'), at.engine.get('cr2'), 32n),
  },
  {
    reason: 'DPPS, DPPD: which of several NaNs is the result is left to the processor (SDM vol 2 "DPPS")',
    applies: ({ row, native, engine, field }) => {
      if (!is(row, /^V?DPP[SD]$/) || !VECTOR_REGISTER.test(field)) return false;
      const isDouble = row!.name.endsWith('D');
      const ours = lanesOf(engine.get(field), isDouble);
      return lanesOf(native.get(field), isDouble).every((lane, i) => lane === ours[i] || (isNan(lane) && isNan(ours[i]!)));
    },
  },
  {
    reason:
      'MOVSXD to 16 bits reads a word on Intel (SDM vol 2 "MOVSX/MOVSXD"), a doubleword on AMD; POP of a segment register a word on Intel, a whole entry on AMD',
    applies: ({ row, native, engine }) =>
      (is(row, /^MOVSXD$/) || (is(row, /^POP$/) && /^[defgs]s/.test(row!.operandText))) && isPageFault(engine) && !isPageFault(native),
  },
  {
    reason: 'F3 90 with REX.B: XCHG on AMD, PAUSE on Intel',
    applies: ({ row, vector }) => row?.name === 'XCHG' && vector.code.includes(0xf3),
  },
  {
    reason: 'XSAVE: a component may be in use that is in its initial configuration (SDM vol 1 ch. 13.6), each by itself; here it is not',
    applies: (at) => {
      if (!is(at.row, /^XSAVE(OPT|C)?$/) || !at.field.startsWith('mem')) return false;
      // More than a line holds.
      if (at.field === 'mem' || (at.native.has('mem') && !at.native.has(at.field)) || isHeader(at)) return true;
      return INITIAL.test(at.native.get(at.field) ?? '0'.repeat(16)) && !at.engine.has(at.field);
    },
  },
  {
    reason: 'XRSTOR that finds reserved bits of MXCSR set: Intel processors have loaded registers before',
    applies: ({ row, native, engine, field }) =>
      is(row, /^XRSTOR$/) && /^([xy]mm\d+|f[cst]w|st\d)$/.test(field) && native.get('vector') === 'd' && engine.get('vector') === 'd',
  },
  {
    reason: 'VCVTPS2PH that faults: Intel processors have set the flags of MXCSR before the store',
    applies: ({ row, native, engine, field }) => is(row, /^VCVTPS2PH$/) && field === 'mxcsr' && faults(native) && faults(engine),
  },
  {
    reason: 'x87 stores that raise an exception that is not masked store nothing: Intel processors do not look at the address then',
    applies: ({ row, native, engine }) => is(row, /^F(ST|STP|IST|ISTP|ISTTP|BSTP)$/) && !faults(native) && faults(engine),
  },
  {
    reason:
      'REP CMPS, REP SCAS that page-fault: EFLAGS are as before the instruction (SDM vol 2 "REP"); AMD processors have those of the last turn',
    applies: (at) => is(at.row, /^(CMPS|SCAS)B?$/) && at.field === 'rflags' && bothPageFault(at),
  },
  {
    reason: 'string instructions with 32-bit addresses that fault: Intel processors have cleared the high halves of the registers',
    applies: ({ row, vector, native, engine, field }) =>
      is(row, /^(MOVS|CMPS|STOS|LODS|SCAS)B?$/) &&
      vector.code.includes(0x67) &&
      /^r(cx|si|di)$/.test(field) &&
      faults(native) &&
      faults(engine),
  },
  {
    reason: 'masked operands across the end of the lower half: not canonical as a whole on Intel, part by part on AMD',
    applies: ({ row, native, engine }) => is(row, /^V?P?MASKMOV/) && /^[cd]$/.test(native.get('vector') ?? '') && isPageFault(engine),
  },
];

export const VENDOR_EXPLAINED: readonly Explanation[] = isOtherVendor ? OTHERS : [];
