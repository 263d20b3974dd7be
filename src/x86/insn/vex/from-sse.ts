// VEX forms of SSE instructions whose operands are not those of the rest: predicates, flags, general registers, immediates, masks.

import { S, STATE } from '../../layout';
import { type Emit, type InsnRow, row } from '../row';
import { blendBySign, SIGN_TO_MASK } from '../sse/blend';
import { FROM_GENERAL, TO_GENERAL } from '../sse/convert';
import { FLOAT_COMPARE, ORDERED } from '../sse/float-compare';
import { EXTRACTS, extract, INSERT_SINGLE, INSERTS, insert, ofSize } from '../sse/insert-extract';
import { moveMask } from '../sse/mask';
import { inTypeScript } from '../sse/operation';
import { SHIFT_IMMEDIATE } from '../sse/shift';
import { STRING_COMPARE } from '../sse/strings';
import { testBits } from '../sse/test';
import { avx, clearAbove, vexEncoding, vexRows } from './generator';
import { WIDTHS } from './lanes';

/** All 32 predicates. */
const PREDICATES = { CMPPS: 'vcmpps', CMPPD: 'vcmppd', CMPSS: 'vcmpss', CMPSD: 'vcmpsd' } as const;
const compareRows = FLOAT_COMPARE.flatMap((insn) =>
  vexRows({
    ...insn,
    run: inTypeScript(PREDICATES[insn.name as keyof typeof PREDICATES]),
    ...(insn.memory === 16 ? { wide: 'avx' as const } : {}),
  }),
);

const orderedRows = ORDERED.map(({ name, encoding, bytes, emit }) =>
  row(`V${name}`, `${vexEncoding(encoding, 'LIG', 'WIG')} /r`, `x:r, xm${bytes * 8}:r`, avx('avx', emit, { flags: { write: 'cpazso' } })),
);
const toGeneralRows = TO_GENERAL.map(({ name, encoding, bytes, emit }) =>
  row(`V${name}`, `${vexEncoding(encoding, 'LIG', '')} /r`, `ry:w, xm${bytes * 8}:r`, avx('avx', emit)),
);
const fromGeneralRows = FROM_GENERAL.map(({ name, encoding, run }) =>
  row(
    `V${name}`,
    `${vexEncoding(encoding, 'LIG', '')} /r`,
    'x:w, vx:r, rmy:r',
    avx('avx', (c) => {
      const source2 = c.hasMemory ? c.hostRead(2, c.size) : c.slot(2);
      const destination = c.slot(0);
      run(c, { bytes: 16, destination, source1: c.slot(1), source2 });
      clearAbove(c, destination, 16);
    }),
  ),
);

/** W is ignored where the register has 32 bits anyway; elsewhere W1 is #UD outside 64-bit mode. */
const wideRows = (name: string, encoding: string, sized: boolean, operands: string, emit: Emit): InsnRow[] =>
  (sized ? (['W0', 'W1'] as const) : (['WIG'] as const)).map((w) =>
    row(
      `V${w === 'W1' ? name.replace(/D$/, 'Q') : name}`,
      `${vexEncoding(encoding, '128', w)} /r ib`,
      operands,
      avx('avx', emit, w === 'W1' ? { modes: '64' } : {}),
    ),
  );
const insertRows = INSERTS.flatMap(({ name, encoding, register, memory, bytes }) =>
  [register, memory].flatMap((operand) =>
    wideRows(name, encoding, bytes === 'size', `x:w, vx:r, ${operand}:r, imm`, (c) => {
      const width = ofSize(c, bytes);
      const source2 = c.hasMemory ? c.hostRead(2, width) : c.slot(2);
      const destination = c.slot(0);
      insert(width)(c, { bytes: 16, destination, source1: c.slot(1), source2 });
      clearAbove(c, destination, 16);
    }),
  ),
);
const extractRows = EXTRACTS.flatMap(({ name, encoding, operands, bytes }) =>
  wideRows(name, encoding, bytes === 'size', `${operands}, imm`, (c) => extract(ofSize(c, bytes))(c)),
);
const stringRows = STRING_COMPARE.map(({ name, encoding, emit }) =>
  row(
    `V${name}`,
    `${vexEncoding(encoding, '128', '')} /r ib`,
    'x:r, xm128:r, imm',
    avx(
      'avx',
      (c) => {
        emit(c);
        if (!name.endsWith('M')) return;
        c.f.i32(STATE + S.ymm);
        clearAbove(c, c.keep32(), 16);
      },
      { size: 'y', flags: { write: 'cpazso' } },
    ),
  ),
);

const SIGNS = [
  ['VTESTPS', '66 0F 38 0E', 4],
  ['VTESTPD', '66 0F 38 0F', 8],
] as const;
const BLENDV_OPCODES = { BLENDVPS: '4A', BLENDVPD: '4B', PBLENDVB: '4C' } as const;
const MASKS = [
  ['VPMOVMSKB', '66 0F D7', 'i8x16.bitmask', 16, 'avx2'],
  ['VMOVMSKPS', 'NP 0F 50', 'i32x4.bitmask', 4, 'avx'],
  ['VMOVMSKPD', '66 0F 50', 'i64x2.bitmask', 2, 'avx'],
] as const;

export const VEX_FROM_SSE_ROWS: readonly InsnRow[] = [
  ...compareRows,
  ...orderedRows,
  ...toGeneralRows,
  ...fromGeneralRows,
  ...insertRows,
  ...extractRows,
  ...vexRows(INSERT_SINGLE),
  ...stringRows,
  row('VMASKMOVDQU', 'VEX.128.66.0F.WIG F7 /r', 'x:r, X128:r', { unit: 'avx', feature: 'avx', helper: 'maskmovdqu' }),
  ...WIDTHS.flatMap(({ bytes, length, suffix }) => [
    ...SIGN_TO_MASK.map((item) =>
      row(
        `V${item.name}`,
        `VEX.${length}.66.0F3A.W0 ${BLENDV_OPCODES[item.name as keyof typeof BLENDV_OPCODES]} /r /is4`,
        `x${suffix}:w, vx${suffix}:r, xm${length}:r, ix${suffix}:r`,
        avx(bytes === 32 && item.bits === 8 ? 'avx2' : 'avx', (c) => {
          const source2 = c.xmm(2, bytes);
          const destination = c.slot(0);
          blendBySign(item, c.slot(3))(c, { bytes, destination, source1: c.slot(1), source2 });
          if (bytes === 16) clearAbove(c, destination, 16);
        }),
      ),
    ),
    ...[['VPTEST', '66 0F 38 17', 0] as const, ...SIGNS].map(([name, encoding, lane]) =>
      row(
        name,
        `${vexEncoding(encoding, length, lane ? 'W0' : 'WIG')} /r`,
        `x${suffix}:r, xm${length}:r`,
        avx(
          'avx',
          (c) => {
            const source2 = c.xmm(1, bytes);
            const signs = Array.from({ length: 16 }, (_, i) => (i % lane === lane - 1 ? 0x80 : 0));
            testBits(c, bytes, c.slot(0), source2, lane ? signs : undefined);
          },
          { flags: { write: 'cpazso' } },
        ),
      ),
    ),
    ...SHIFT_IMMEDIATE.map(({ name, encoding, run }) =>
      row(
        `V${name}`,
        `${vexEncoding(encoding, length, 'WIG')} ib`,
        `vx${suffix}:w, X${length}:r, imm`,
        avx(bytes === 32 ? 'avx2' : 'avx', (c) => {
          const destination = c.slot(0);
          const source1 = c.slot(1);
          run(c, { bytes, destination, source1, source2: source1 });
          if (bytes === 16) clearAbove(c, destination, 16);
        }),
      ),
    ),
    ...MASKS.map(([name, encoding, op, bits, wide]) =>
      row(
        name,
        `${vexEncoding(encoding, length, 'WIG')} /r`,
        `r32:w, X${length}:r`,
        avx(bytes === 32 ? wide : 'avx', moveMask(op, bytes, bits)),
      ),
    ),
  ]),
];
