// SSE and SSE2 on XMM registers (SDM vol 2): moves, logic, the fast path of scalar double arithmetic; the rest goes to simd/operations.ts.
import type { Local } from '../../wasm/code';
import type { PlainOp, SimdOp } from '../../wasm/opcodes';
import type { InsnContext } from '../emit/context';
import { Vector } from '../fault';
import { S, STATE } from '../layout';
import type { VectorOperation } from '../simd/operations';
import { type Emit, type InsnRow, type RowMarks, row } from './row';

const sse = (emit: Emit, more: RowMarks = {}): RowMarks => ({ unit: 'sse', emit, ...more });

/** #GP(0) for a memory operand that is not 16-byte aligned. */
function checkAligned(c: InsnContext, operand: number): void {
  if (!c.hasMemory) return;
  c.f.get(c.address(operand)).i64(15).op('i64.and', 'i64.eqz', 'i32.eqz');
  c.raiseIf(Vector.GP);
}

const copy = (c: InsnContext, to: Local, from: Local, bytes: 4 | 8 | 16): void => {
  const { f } = c;
  if (bytes === 16) f.get(to).get(from).simd('v128.load').simd('v128.store');
  else if (bytes === 8) f.get(to).get(from).mem('i64.load').mem('i64.store');
  else f.get(to).get(from).mem('i32.load').mem('i32.store');
};
const clear = (c: InsnContext, to: Local, from: number): void => {
  for (let at = from; at < 16; at += at % 8 ? 4 : 8)
    if (at % 8) c.f.get(to).i32(0).mem('i32.store', at);
    else c.f.get(to).i64(0).mem('i64.store', at);
};

const load =
  (aligned: boolean): Emit =>
  (c) => {
    if (aligned) checkAligned(c, 1);
    const from = c.xmm(1, 16);
    copy(c, c.slot(0), from, 16);
  };
const store =
  (aligned: boolean): Emit =>
  (c) => {
    if (aligned) checkAligned(c, 0);
    if (!c.hasMemory) {
      copy(c, c.slot(0), c.slot(1), 16);
      return;
    }
    const to = c.hostWrite(0, 16);
    copy(c, to, c.slot(1), 16);
    c.commit(to);
  };
/** A part of a register from memory or another one. `zero`: what is above it is cleared. */
const loadPart =
  (bytes: 4 | 8, zero: boolean, toHigh = 0, fromHigh = 0): Emit =>
  (c) => {
    const from = c.xmm(1, bytes);
    const to = c.slot(0);
    const { f } = c;
    if (bytes === 8) f.get(to).get(from).mem('i64.load', fromHigh).mem('i64.store', toHigh);
    else f.get(to).get(from).mem('i32.load').mem('i32.store');
    if (zero) clear(c, to, bytes);
  };
const storePart =
  (bytes: 4 | 8, fromHigh = 0): Emit =>
  (c) => {
    const to = c.hostWrite(0, bytes);
    c.f
      .get(to)
      .get(c.slot(1))
      .mem(bytes === 8 ? 'i64.load' : 'i64.load32_u', fromHigh)
      .mem(bytes === 8 ? 'i64.store' : 'i64.store32');
    c.commit(to);
  };

const moveRows: InsnRow[] = [
  ...(
    [
      ['MOVUPS', 'NP 0F 10', 'NP 0F 11', false],
      ['MOVUPD', '66 0F 10', '66 0F 11', false],
      ['MOVAPS', 'NP 0F 28', 'NP 0F 29', true],
      ['MOVAPD', '66 0F 28', '66 0F 29', true],
      ['MOVDQA', '66 0F 6F', '66 0F 7F', true],
      ['MOVDQU', 'F3 0F 6F', 'F3 0F 7F', false],
    ] as const
  ).flatMap(([name, from, to, aligned]) => [
    row(name, `${from} /r`, 'x:w, xm128:r', sse(load(aligned))),
    row(name, `${to} /r`, 'xm128:w, x:r', sse(store(aligned))),
  ]),
  row('LDDQU', 'F2 0F F0 /r', 'x:w, m128:r', sse(load(false))),
  row('MOVNTPS', 'NP 0F 2B /r', 'm128:w, x:r', sse(store(true))),
  row('MOVNTPD', '66 0F 2B /r', 'm128:w, x:r', sse(store(true))),
  row('MOVNTDQ', '66 0F E7 /r', 'm128:w, x:r', sse(store(true))),
  row('MOVSS', 'F3 0F 10 /r', 'x:w, m32:r', sse(loadPart(4, true))),
  row('MOVSS', 'F3 0F 10 /r', 'x:w, X32:r', sse(loadPart(4, false))),
  row('MOVSS', 'F3 0F 11 /r', 'm32:w, x:r', sse(storePart(4))),
  row(
    'MOVSS',
    'F3 0F 11 /r',
    'X32:w, x:r',
    sse((c) => copy(c, c.slot(0), c.slot(1), 4)),
  ),
  row('MOVSD', 'F2 0F 10 /r', 'x:w, m64:r', sse(loadPart(8, true))),
  row('MOVSD', 'F2 0F 10 /r', 'x:w, X64:r', sse(loadPart(8, false))),
  row('MOVSD', 'F2 0F 11 /r', 'm64:w, x:r', sse(storePart(8))),
  row(
    'MOVSD',
    'F2 0F 11 /r',
    'X64:w, x:r',
    sse((c) => copy(c, c.slot(0), c.slot(1), 8)),
  ),
  row('MOVQ', 'F3 0F 7E /r', 'x:w, xm64:r', sse(loadPart(8, true))),
  row('MOVQ', '66 0F D6 /r', 'm64:w, x:r', sse(storePart(8))),
  row(
    'MOVQ',
    '66 0F D6 /r',
    'X64:w, x:r',
    sse((c) => {
      copy(c, c.slot(0), c.slot(1), 8);
      clear(c, c.slot(0), 8);
    }),
  ),
  ...(['NP', '66'] as const).flatMap((prefix) => {
    const suffix = prefix === 'NP' ? 'PS' : 'PD';
    return [
      row(`MOVL${suffix}`, `${prefix} 0F 12 /r`, 'x:w, m64:r', sse(loadPart(8, false))),
      row(`MOVL${suffix}`, `${prefix} 0F 13 /r`, 'm64:w, x:r', sse(storePart(8))),
      row(`MOVH${suffix}`, `${prefix} 0F 16 /r`, 'x:w, m64:r', sse(loadPart(8, false, 8))),
      row(`MOVH${suffix}`, `${prefix} 0F 17 /r`, 'm64:w, x:r', sse(storePart(8, 8))),
    ];
  }),
  row('MOVHLPS', 'NP 0F 12 /r', 'x:w, X64:r', sse(loadPart(8, false, 0, 8))),
  row('MOVLHPS', 'NP 0F 16 /r', 'x:w, X64:r', sse(loadPart(8, false, 8))),
  row(
    'MOVD',
    '66 0F 6E /r',
    'x:w, rmy:r',
    sse((c) => {
      const value = c.read(1);
      const to = c.slot(0);
      c.f.get(to).get(value).mem('i64.store').get(to).i64(0).mem('i64.store', 8);
    }),
  ),
  row(
    'MOVD',
    '66 0F 7E /r',
    'rmy:w, x:r',
    sse((c) => {
      c.probe(0);
      c.f.get(c.slot(1)).mem(c.size === 8 ? 'i64.load' : 'i64.load32_u');
      c.write(0, c.keep());
    }),
  ),
  row(
    'PMOVMSKB',
    '66 0F D7 /r',
    'r32:w, X128:r',
    sse((c) => {
      c.f.get(c.slot(1)).simd('v128.load').simd('i8x16.bitmask').op('i64.extend_i32_u');
      c.write(0, c.keep());
    }),
  ),
];

/** Both operands whole, the result in the first. */
const simd =
  (op: SimdOp, swapped = false): Emit =>
  (c) => {
    checkAligned(c, 1);
    const source = c.xmm(1, 16);
    const to = c.slot(0);
    c.f.get(to);
    for (const side of swapped ? [source, to] : [to, source]) c.f.get(side).simd('v128.load');
    c.f.simd(op).simd('v128.store');
  };
const SIMD_ROWS: readonly [string, string, SimdOp, boolean?][] = [
  ['PXOR', '66 0F EF', 'v128.xor'],
  ['POR', '66 0F EB', 'v128.or'],
  ['PAND', '66 0F DB', 'v128.and'],
  ['PANDN', '66 0F DF', 'v128.andnot', true],
  ['XORPS', 'NP 0F 57', 'v128.xor'],
  ['XORPD', '66 0F 57', 'v128.xor'],
  ['ORPS', 'NP 0F 56', 'v128.or'],
  ['ORPD', '66 0F 56', 'v128.or'],
  ['ANDPS', 'NP 0F 54', 'v128.and'],
  ['ANDPD', '66 0F 54', 'v128.and'],
  ['ANDNPS', 'NP 0F 55', 'v128.andnot', true],
  ['ANDNPD', '66 0F 55', 'v128.andnot', true],
  ['PADDB', '66 0F FC', 'i8x16.add'],
  ['PADDW', '66 0F FD', 'i16x8.add'],
  ['PADDD', '66 0F FE', 'i32x4.add'],
  ['PADDQ', '66 0F D4', 'i64x2.add'],
  ['PSUBB', '66 0F F8', 'i8x16.sub'],
  ['PSUBW', '66 0F F9', 'i16x8.sub'],
  ['PSUBD', '66 0F FA', 'i32x4.sub'],
  ['PSUBQ', '66 0F FB', 'i64x2.sub'],
  ['PCMPEQB', '66 0F 74', 'i8x16.eq'],
  ['PCMPEQW', '66 0F 75', 'i16x8.eq'],
  ['PCMPEQD', '66 0F 76', 'i32x4.eq'],
  ['PCMPGTB', '66 0F 64', 'i8x16.gt_s'],
  ['PCMPGTW', '66 0F 65', 'i16x8.gt_s'],
  ['PCMPGTD', '66 0F 66', 'i32x4.gt_s'],
];

const vector =
  (operation: VectorOperation, bytes: number): Emit =>
  (c) => {
    if (bytes === 16) checkAligned(c, 1);
    const source = c.xmm(1, bytes);
    c.vector(operation, c.slot(0), source);
  };
const VECTOR_ROWS: readonly [VectorOperation, string][] = [
  ['punpcklbw', '66 0F 60'],
  ['punpcklwd', '66 0F 61'],
  ['punpckldq', '66 0F 62'],
  ['packsswb', '66 0F 63'],
  ['packuswb', '66 0F 67'],
  ['punpckhbw', '66 0F 68'],
  ['punpckhwd', '66 0F 69'],
  ['punpckhdq', '66 0F 6A'],
  ['packssdw', '66 0F 6B'],
  ['punpcklqdq', '66 0F 6C'],
  ['punpckhqdq', '66 0F 6D'],
  ['punpckldq', 'NP 0F 14'],
  ['punpcklqdq', '66 0F 14'],
  ['punpckhdq', 'NP 0F 15'],
  ['punpckhqdq', '66 0F 15'],
  ['psrlw', '66 0F D1'],
  ['psrld', '66 0F D2'],
  ['psrlq', '66 0F D3'],
  ['pmullw', '66 0F D5'],
  ['psubusb', '66 0F D8'],
  ['psubusw', '66 0F D9'],
  ['pminub', '66 0F DA'],
  ['paddusb', '66 0F DC'],
  ['paddusw', '66 0F DD'],
  ['pmaxub', '66 0F DE'],
  ['pavgb', '66 0F E0'],
  ['psraw', '66 0F E1'],
  ['psrad', '66 0F E2'],
  ['pavgw', '66 0F E3'],
  ['pmulhuw', '66 0F E4'],
  ['pmulhw', '66 0F E5'],
  ['psubsb', '66 0F E8'],
  ['psubsw', '66 0F E9'],
  ['pminsw', '66 0F EA'],
  ['paddsb', '66 0F EC'],
  ['paddsw', '66 0F ED'],
  ['pmaxsw', '66 0F EE'],
  ['psllw', '66 0F F1'],
  ['pslld', '66 0F F2'],
  ['psllq', '66 0F F3'],
  ['pmuludq', '66 0F F4'],
  ['pmaddwd', '66 0F F5'],
  ['psadbw', '66 0F F6'],
  ['cvtdq2ps', 'NP 0F 5B'],
  ['cvtps2dq', '66 0F 5B'],
  ['cvttps2dq', 'F3 0F 5B'],
  ['cvtpd2ps', '66 0F 5A'],
  ['cvttpd2dq', '66 0F E6'],
  ['cvtpd2dq', 'F2 0F E6'],
];
const IMMEDIATE_ROWS: readonly [VectorOperation, string][] = [
  ['pshufd', '66 0F 70'],
  ['pshufhw', 'F3 0F 70'],
  ['pshuflw', 'F2 0F 70'],
  ['shufps', 'NP 0F C6'],
  ['shufpd', '66 0F C6'],
  ['cmpps', 'NP 0F C2'],
  ['cmppd', '66 0F C2'],
];
const SHIFT_ROWS: readonly [VectorOperation, string][] = [
  ['psrlwi', '66 0F 71 /2'],
  ['psrawi', '66 0F 71 /4'],
  ['psllwi', '66 0F 71 /6'],
  ['psrldi', '66 0F 72 /2'],
  ['psradi', '66 0F 72 /4'],
  ['pslldi', '66 0F 72 /6'],
  ['psrlqi', '66 0F 73 /2'],
  ['psrldq', '66 0F 73 /3'],
  ['psllqi', '66 0F 73 /6'],
  ['pslldq', '66 0F 73 /7'],
];
const name = (operation: string): string => operation.toUpperCase().replace(/^(PS[RL][LA][WDQ])I$/, '$1');

const FAST_MXCSR = 0x1fa0;
/** All exceptions masked, rounding to nearest, no FTZ or DAZ, precision flag already set. */
function fastFloat(c: InsnContext): void {
  c.f
    .i32(0)
    .mem('i32.load', STATE + S.mxcsr)
    .i32(0xffe0)
    .op('i32.and')
    .i32(FAST_MXCSR)
    .op('i32.eq');
}
/** Pushes an i32: the double's bits are those of a normal number. */
function isNormal(c: InsnContext, bits: Local): void {
  c.f.get(bits).i64(1).op('i64.shl').i64(0x0020_0000_0000_0000n).op('i64.sub').i64(0xffc0_0000_0000_0000n).op('i64.lt_u');
}
function isNormalOrZero(c: InsnContext, bits: Local): void {
  isNormal(c, bits);
  c.f.get(bits).i64(1).op('i64.shl', 'i64.eqz', 'i32.or');
}

/** ADDSD and the like: host arithmetic where it is exactly the same, else exact in software. */
const scalarDouble =
  (operation: VectorOperation, op: PlainOp): Emit =>
  (c) => {
    const { f } = c;
    const unary = op === 'f64.sqrt';
    const source = c.xmm(1, 8);
    const to = c.slot(0);
    f.get(source).mem('i64.load');
    const b = c.keep();
    f.get(to).mem('i64.load');
    const a = c.keep();
    if (!unary) f.get(a).op('f64.reinterpret_i64');
    f.get(b).op('f64.reinterpret_i64').op(op).op('i64.reinterpret_f64');
    const r = c.keep();
    fastFloat(c);
    isNormalOrZero(c, b);
    f.op('i32.and');
    if (!unary) {
      isNormalOrZero(c, a);
      f.op('i32.and');
    }
    isNormal(c, r);
    f.op('i32.and').if();
    f.get(to).get(r).mem('i64.store');
    f.else();
    c.vector(operation, to, source);
    f.end();
  };

const compareOrdered =
  (operation: 'ucomiss' | 'ucomisd' | 'comiss' | 'comisd'): Emit =>
  (c) => {
    const source = c.xmm(1, operation.endsWith('d') ? 8 : 4);
    c.compareFloats(operation, c.slot(0), source);
  };

const FLOATS: readonly [string, string, PlainOp | undefined][] = [
  ['add', '58', 'f64.add'],
  ['mul', '59', 'f64.mul'],
  ['sub', '5C', 'f64.sub'],
  ['min', '5D', undefined],
  ['div', '5E', 'f64.div'],
  ['max', '5F', undefined],
  ['sqrt', '51', 'f64.sqrt'],
];
const floatRows = FLOATS.flatMap(([operation, opcode, op]): InsnRow[] => {
  const upper = operation.toUpperCase();
  const v = (suffix: string): VectorOperation => `${operation}${suffix}` as VectorOperation;
  return [
    row(`${upper}PS`, `NP 0F ${opcode} /r`, 'x:rw, xm128:r', sse(vector(v('ps'), 16))),
    row(`${upper}PD`, `66 0F ${opcode} /r`, 'x:rw, xm128:r', sse(vector(v('pd'), 16))),
    row(`${upper}SS`, `F3 0F ${opcode} /r`, 'x:rw, xm32:r', sse(vector(v('ss'), 4))),
    row(`${upper}SD`, `F2 0F ${opcode} /r`, 'x:rw, xm64:r', sse(op ? scalarDouble(v('sd'), op) : vector(v('sd'), 8))),
  ];
});

/** The destination is a general register: the operation writes all 64 bits of its slot. */
const toGeneral =
  (base: 'cvtss2si' | 'cvtsd2si' | 'cvttss2si' | 'cvttsd2si', bytes: number): Emit =>
  (c) => {
    const source = c.xmm(1, bytes);
    c.vector(`${base}${c.size === 8 ? 64 : 32}`, c.slot(0), source);
  };
const fromGeneral =
  (base: 'cvtsi2ss' | 'cvtsi2sd'): Emit =>
  (c) => {
    const source = c.hasMemory ? c.hostRead(1, c.size) : c.slot(1);
    c.vector(`${base}${c.size === 8 ? 64 : 32}`, c.slot(0), source);
  };

const convertRows: InsnRow[] = [
  row('CVTSS2SI', 'F3 0F 2D /r', 'ry:w, xm32:r', sse(toGeneral('cvtss2si', 4))),
  row('CVTSD2SI', 'F2 0F 2D /r', 'ry:w, xm64:r', sse(toGeneral('cvtsd2si', 8))),
  row('CVTTSS2SI', 'F3 0F 2C /r', 'ry:w, xm32:r', sse(toGeneral('cvttss2si', 4))),
  row('CVTTSD2SI', 'F2 0F 2C /r', 'ry:w, xm64:r', sse(toGeneral('cvttsd2si', 8))),
  row('CVTSI2SS', 'F3 0F 2A /r', 'x:rw, rmy:r', sse(fromGeneral('cvtsi2ss'))),
  row('CVTSI2SD', 'F2 0F 2A /r', 'x:rw, rmy:r', sse(fromGeneral('cvtsi2sd'))),
  row('CVTSS2SD', 'F3 0F 5A /r', 'x:rw, xm32:r', sse(vector('cvtss2sd', 4))),
  row('CVTSD2SS', 'F2 0F 5A /r', 'x:rw, xm64:r', sse(vector('cvtsd2ss', 8))),
  row('CVTPS2PD', 'NP 0F 5A /r', 'x:w, xm64:r', sse(vector('cvtps2pd', 8))),
  row('CVTDQ2PD', 'F3 0F E6 /r', 'x:w, xm64:r', sse(vector('cvtdq2pd', 8))),
  row('CMPSS', 'F3 0F C2 /r ib', 'x:rw, xm32:r, imm', sse(vector('cmpss', 4))),
  row('CMPSD', 'F2 0F C2 /r ib', 'x:rw, xm64:r, imm', sse(vector('cmpsd', 8))),
  row('UCOMISS', 'NP 0F 2E /r', 'x:r, xm32:r', sse(compareOrdered('ucomiss'), { flags: { write: 'cpazso' } })),
  row('UCOMISD', '66 0F 2E /r', 'x:r, xm64:r', sse(compareOrdered('ucomisd'), { flags: { write: 'cpazso' } })),
  row('COMISS', 'NP 0F 2F /r', 'x:r, xm32:r', sse(compareOrdered('comiss'), { flags: { write: 'cpazso' } })),
  row('COMISD', '66 0F 2F /r', 'x:r, xm64:r', sse(compareOrdered('comisd'), { flags: { write: 'cpazso' } })),
];

export const SSE_ROWS: readonly InsnRow[] = [
  ...moveRows,
  ...SIMD_ROWS.map(([mnemonic, encoding, op, swapped]) => row(mnemonic, `${encoding} /r`, 'x:rw, xm128:r', sse(simd(op, swapped)))),
  ...VECTOR_ROWS.map(([operation, encoding]) => row(name(operation), `${encoding} /r`, 'x:rw, xm128:r', sse(vector(operation, 16)))),
  ...IMMEDIATE_ROWS.map(([operation, encoding]) =>
    row(name(operation), `${encoding} /r ib`, 'x:rw, xm128:r, imm', sse(vector(operation, 16))),
  ),
  ...SHIFT_ROWS.map(([operation, encoding]) =>
    row(
      name(operation),
      `${encoding} ib`,
      'X128:rw, imm',
      sse((c) => c.vector(operation, c.slot(0), c.slot(0))),
    ),
  ),
  ...floatRows,
  ...convertRows,
];
