// Conversions between single, double and integers (SDM vol 2 "CVT…").
import { type Emit, type InsnRow, row } from '../row';
import {
  doublesToIntegers,
  doublesToSingles,
  integersToDoubles,
  integersToSingles,
  singlesToDoubles,
  singlesToIntegers,
} from './convert-packed';
import { doubleToSingle, fromGeneral, singleToDouble, toGeneral } from './convert-scalar';
import { type Operation, sse, type VectorInsn } from './operation';

export const TO_GENERAL: readonly { name: string; encoding: string; bytes: 4 | 8; feature: string; emit: Emit }[] = [
  { name: 'CVTSS2SI', encoding: 'F3 0F 2D', bytes: 4, feature: 'sse', emit: toGeneral('cvtss2si', 'f32') },
  { name: 'CVTSD2SI', encoding: 'F2 0F 2D', bytes: 8, feature: 'sse2', emit: toGeneral('cvtsd2si', 'f64') },
  { name: 'CVTTSS2SI', encoding: 'F3 0F 2C', bytes: 4, feature: 'sse', emit: toGeneral('cvttss2si', 'f32') },
  { name: 'CVTTSD2SI', encoding: 'F2 0F 2C', bytes: 8, feature: 'sse2', emit: toGeneral('cvttsd2si', 'f64') },
];
export const FROM_GENERAL: readonly { name: string; encoding: string; feature: string; run: Operation }[] = [
  { name: 'CVTSI2SS', encoding: 'F3 0F 2A', feature: 'sse', run: fromGeneral('cvtsi2ss', 'f32') },
  { name: 'CVTSI2SD', encoding: 'F2 0F 2A', feature: 'sse2', run: fromGeneral('cvtsi2sd', 'f64') },
];

const DATA: readonly [string, string, Operation, 'rw' | 'w', 4 | 8 | 16][] = [
  ['CVTSS2SD', 'F3 0F 5A', singleToDouble, 'rw', 4],
  ['CVTSD2SS', 'F2 0F 5A', doubleToSingle, 'rw', 8],
  ['CVTPS2PD', 'NP 0F 5A', singlesToDoubles('cvtps2pd'), 'w', 8],
  ['CVTDQ2PD', 'F3 0F E6', integersToDoubles, 'w', 8],
  ['CVTDQ2PS', 'NP 0F 5B', integersToSingles('cvtdq2ps'), 'w', 16],
  ['CVTPS2DQ', '66 0F 5B', singlesToIntegers('cvtps2dq', false), 'w', 16],
  ['CVTTPS2DQ', 'F3 0F 5B', singlesToIntegers('cvttps2dq', true), 'w', 16],
  ['CVTPD2PS', '66 0F 5A', doublesToSingles('cvtpd2ps'), 'w', 16],
  ['CVTTPD2DQ', '66 0F E6', doublesToIntegers('cvttpd2dq', true), 'w', 16],
  ['CVTPD2DQ', 'F2 0F E6', doublesToIntegers('cvtpd2dq', false), 'w', 16],
];
/** The 256-bit forms of CVTPD2PS and CVT(T)PD2DQ write 128 bits. */
export const CONVERT: readonly VectorInsn[] = DATA.map(([name, encoding, run, destination, memory]) => ({
  name,
  encoding,
  feature: 'sse2',
  run,
  destination,
  memory,
  ...(destination === 'w' ? { wide: 'avx' } : {}),
}));

export const CONVERT_ROWS: readonly InsnRow[] = [
  ...TO_GENERAL.map(({ name, encoding, bytes, feature, emit }) =>
    row(name, `${encoding} /r`, `ry:w, xm${bytes * 8}:r`, sse(feature, emit)),
  ),
  ...FROM_GENERAL.map(({ name, encoding, feature, run }) =>
    row(
      name,
      `${encoding} /r`,
      'x:rw, rmy:r',
      sse(feature, (c) => {
        const source2 = c.hasMemory ? c.hostRead(1, c.size) : c.slot(1);
        const destination = c.slot(0);
        run(c, { bytes: 16, destination, source1: destination, source2 });
      }),
    ),
  ),
];
