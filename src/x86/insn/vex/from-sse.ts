// VEX forms of SSE instructions whose operands are not those of the rest: predicates, flags, general registers, shifts by an immediate.
import { type InsnRow, row } from '../row';
import { FROM_GENERAL, TO_GENERAL } from '../sse/convert';
import { FLOAT_COMPARE, ORDERED } from '../sse/float-compare';
import { moveMask } from '../sse/mask';
import { inTypeScript } from '../sse/operation';
import { SHIFT_IMMEDIATE } from '../sse/shift';
import { avx, clearAbove, type VectorBytes, vexEncoding, vexRows } from './generator';

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

const WIDTHS: readonly [VectorBytes, string, string][] = [
  [16, '128', ''],
  [32, '256', '256'],
];
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
  ...WIDTHS.flatMap(([bytes, length, suffix]) => [
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
