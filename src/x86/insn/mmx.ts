// MMX and the MMX forms of SSE, SSE2 and SSSE3 (SDM vol 2): the 128-bit operations on quadwords, each arranged so that 64 bits of the result are the MMX one.
import type { Local } from '../../wasm/code';
import type { InsnContext } from '../emit/context';
import { type Emit, type InsnRow, type RowMarks, row } from './row';
import { INTEGER } from './sse/integer';
import { INTEGER_EXTENDED } from './sse/integer-extended';
import type { Operation, VectorInsn } from './sse/operation';
import { SHIFT, SHIFT_IMMEDIATE } from './sse/shift';
import { SHUFFLE } from './sse/shuffle';
import { SHUFFLE_BYTES } from './sse/shuffle-bytes';

const ALL = [...INTEGER, ...INTEGER_EXTENDED, ...SHIFT, ...SHUFFLE, ...SHUFFLE_BYTES];
const operationOf = (name: string): VectorInsn => {
  const found = ALL.find((insn) => insn.name === name);
  if (!found) throw new Error(`no vector operation ${name}`);
  return found;
};

export const mmx = (feature: string, emit: Emit, more: RowMarks = {}): RowMarks => ({ unit: 'mmx', feature, size: 8, emit, ...more });

/** How the quadwords of both sources are laid into vectors, and which half of the result counts. */
type Layout =
  /** Lanes of their own. */
  | 'lanes'
  /** Source 1 below source 2 in one vector: packing and horizontal operations. */
  | 'joined'
  /** Source 2 below source 1 in source 2: alignment. */
  | 'joined-second'
  /** The upper half of the result counts. */
  | 'high';

/** Writes 64 bits to an MMX register: the exponent's bits are set (SDM vol 1 ch. 9.2.1). */
export function putMmx(c: InsnContext, slot: Local, value: Local): void {
  c.f.get(slot).get(value).mem('i64.store').get(slot).i64(0xffff).mem('i64.store', 8);
}
export function quadOf(c: InsnContext, address: Local): Local {
  c.f.get(address).mem('i64.load');
  return c.keep();
}
/** The second operand's 64 (or fewer) bits: an MMX register, or memory. */
function source(c: InsnContext, operand: number, bytes: number): Local {
  if (!c.hasMemory) return quadOf(c, c.slot(operand));
  c.f.get(c.hostRead(operand, bytes)).mem(bytes === 4 ? 'i64.load32_u' : 'i64.load');
  return c.keep();
}

/** Runs a 128-bit operation on two quadwords and keeps 64 bits of the result. */
export function onQuads(c: InsnContext, run: Operation, layout: Layout, a: Local, b: Local): Local {
  const { f } = c;
  const place = c.scratch();
  f.get(place).i32(16).op('i32.add');
  const source2 = c.keep32();
  f.get(place).i32(32).op('i32.add');
  const destination = c.keep32();
  const put = (at: Local, low: Local | 0n, high: Local | 0n): void => {
    for (const [offset, value] of [
      [0, low],
      [8, high],
    ] as const) {
      f.get(at);
      if (typeof value === 'bigint') f.i64(value);
      else f.get(value);
      f.mem('i64.store', offset);
    }
  };
  put(place, layout === 'joined-second' ? 0n : a, layout === 'joined' ? b : 0n);
  put(source2, b, layout === 'joined-second' ? a : 0n);
  run(c, { bytes: 16, destination, source1: place, source2 });
  f.get(destination).mem('i64.load', layout === 'high' ? 8 : 0);
  return c.keep();
}

const binary =
  (run: Operation, layout: Layout, bytes: number, mask?: bigint): Emit =>
  (c) => {
    c.fpu.wait();
    let b = source(c, 1, bytes);
    if (mask !== undefined) {
      c.f.get(b).i64(mask).op('i64.and');
      b = c.keep();
    }
    const to = c.slot(0);
    const a = quadOf(c, to);
    const result = onQuads(c, run, layout, a, b);
    c.fpu.enterMmx();
    putMmx(c, to, result);
  };

interface Spec {
  names: readonly string[];
  feature: string;
  layout?: Layout;
  bytes?: 4 | 8;
}
const SPECS: readonly Spec[] = [
  {
    feature: 'mmx',
    names: [
      ...['PXOR', 'POR', 'PAND', 'PANDN', 'PADDB', 'PADDW', 'PADDD', 'PSUBB', 'PSUBW', 'PSUBD', 'PADDSB', 'PADDSW', 'PADDUSB', 'PADDUSW'],
      ...['PSUBSB', 'PSUBSW', 'PSUBUSB', 'PSUBUSW', 'PMULLW', 'PMULHW', 'PMADDWD', 'PCMPEQB', 'PCMPEQW', 'PCMPEQD', 'PCMPGTB', 'PCMPGTW'],
      ...['PCMPGTD', 'PSRLW', 'PSRLD', 'PSRLQ', 'PSRAW', 'PSRAD', 'PSLLW', 'PSLLD', 'PSLLQ'],
    ],
  },
  { feature: 'mmx', layout: 'joined', names: ['PACKSSWB', 'PACKUSWB', 'PACKSSDW'] },
  { feature: 'mmx', bytes: 4, names: ['PUNPCKLBW', 'PUNPCKLWD', 'PUNPCKLDQ'] },
  { feature: 'mmx', layout: 'high', names: ['PUNPCKHBW', 'PUNPCKHWD', 'PUNPCKHDQ'] },
  { feature: 'sse', names: ['PAVGB', 'PAVGW', 'PMINUB', 'PMAXUB', 'PMINSW', 'PMAXSW', 'PMULHUW', 'PSADBW'] },
  { feature: 'mmx sse2', names: ['PADDQ'] },
  { feature: 'sse2', names: ['PSUBQ', 'PMULUDQ'] },
  { feature: 'ssse3', names: ['PMADDUBSW', 'PSIGNB', 'PSIGNW', 'PSIGND', 'PMULHRSW', 'PABSB', 'PABSW', 'PABSD'] },
  { feature: 'ssse3', layout: 'joined', names: ['PHADDW', 'PHADDD', 'PHADDSW', 'PHSUBW', 'PHSUBD', 'PHSUBSW'] },
];
/** The encoding without the 66 prefix of the XMM form. */
const encodingOf = (encoding: string): string => encoding.replace(/^(66|F2) /, 'NP ');

/** Indexes of PSHUFB count modulo 8. */
const INDEX_MASK = 0x8787_8787_8787_8787n;

/** Unpacking upper halves: what the low form makes in its upper half. */
const runOf = (name: string): Operation => operationOf(name.replace('PUNPCKH', 'PUNPCKL')).run;

const binaryRows = SPECS.flatMap(({ names, feature, layout = 'lanes', bytes = 8 }) =>
  names.map((name): InsnRow => {
    const { encoding } = operationOf(name);
    return row(name, `${encodingOf(encoding)} /r`, `q:rw, qm${bytes * 8}:r`, mmx(feature, binary(runOf(name), layout, bytes)));
  }),
);
const withImmediate = (name: string, layout: Layout, feature: string): InsnRow => {
  const { encoding, run } = operationOf(name);
  return row(
    name === 'PSHUFLW' ? 'PSHUFW' : name,
    `${encodingOf(encoding)} /r ib`,
    'q:rw, qm64:r, imm',
    mmx(feature, binary(run, layout, 8)),
  );
};

export const MMX_ROWS: readonly InsnRow[] = [
  ...binaryRows,
  row('PSHUFB', 'NP 0F 38 00 /r', 'q:rw, qm64:r', mmx('ssse3', binary(operationOf('PSHUFB').run, 'lanes', 8, INDEX_MASK))),
  withImmediate('PSHUFLW', 'lanes', 'sse'),
  withImmediate('PALIGNR', 'joined-second', 'ssse3'),
  ...SHIFT_IMMEDIATE.filter(({ name }) => !name.endsWith('DQ')).map(({ name, encoding, run }) =>
    row(
      name,
      `${encodingOf(encoding)} ib`,
      'Q64:rw, imm',
      mmx('mmx', (c) => {
        c.fpu.wait();
        const to = c.slot(0);
        const a = quadOf(c, to);
        const result = onQuads(c, run, 'lanes', a, a);
        c.fpu.enterMmx();
        putMmx(c, to, result);
      }),
    ),
  ),
];
