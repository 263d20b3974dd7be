// Conversions between single, double and integers (SDM vol 2 "CVT…").
import type { VectorOperation } from '../../simd/operations';
import { type Emit, type InsnRow, row } from '../row';
import { inTypeScript, type Operation, sse, type VectorInsn } from './operation';

/** The destination is a general register: the operation writes all 64 bits of its slot. Operands 0 and 1 of the row, also of a VEX form. */
const toGeneral =
  (base: 'cvtss2si' | 'cvtsd2si' | 'cvttss2si' | 'cvttsd2si', bytes: 4 | 8): Emit =>
  (c) => {
    const source2 = c.xmm(1, bytes);
    const destination = c.slot(0);
    c.vector(`${base}${c.size === 8 ? 64 : 32}`, { bytes: 16, destination, source1: destination, source2 });
  };
/** Source 2 is a general register's slot, or the memory operand, of the row's size. */
const fromGeneral =
  (base: 'cvtsi2ss' | 'cvtsi2sd'): Operation =>
  (c, operands) =>
    c.vector(`${base}${c.size === 8 ? 64 : 32}`, operands);

export const TO_GENERAL: readonly { name: string; encoding: string; bytes: 4 | 8; feature: string; emit: Emit }[] = [
  { name: 'CVTSS2SI', encoding: 'F3 0F 2D', bytes: 4, feature: 'sse', emit: toGeneral('cvtss2si', 4) },
  { name: 'CVTSD2SI', encoding: 'F2 0F 2D', bytes: 8, feature: 'sse2', emit: toGeneral('cvtsd2si', 8) },
  { name: 'CVTTSS2SI', encoding: 'F3 0F 2C', bytes: 4, feature: 'sse', emit: toGeneral('cvttss2si', 4) },
  { name: 'CVTTSD2SI', encoding: 'F2 0F 2C', bytes: 8, feature: 'sse2', emit: toGeneral('cvttsd2si', 8) },
];
export const FROM_GENERAL: readonly { name: string; encoding: string; feature: string; run: Operation }[] = [
  { name: 'CVTSI2SS', encoding: 'F3 0F 2A', feature: 'sse', run: fromGeneral('cvtsi2ss') },
  { name: 'CVTSI2SD', encoding: 'F2 0F 2A', feature: 'sse2', run: fromGeneral('cvtsi2sd') },
];

const CONVERT_ROWS_DATA: readonly [VectorOperation, string, 'rw' | 'w', 4 | 8 | 16, string][] = [
  ['cvtss2sd', 'F3 0F 5A', 'rw', 4, 'sse2'],
  ['cvtsd2ss', 'F2 0F 5A', 'rw', 8, 'sse2'],
  ['cvtps2pd', 'NP 0F 5A', 'w', 8, 'sse2'],
  ['cvtdq2pd', 'F3 0F E6', 'w', 8, 'sse2'],
  ['cvtdq2ps', 'NP 0F 5B', 'w', 16, 'sse2'],
  ['cvtps2dq', '66 0F 5B', 'w', 16, 'sse2'],
  ['cvttps2dq', 'F3 0F 5B', 'w', 16, 'sse2'],
  ['cvtpd2ps', '66 0F 5A', 'w', 16, 'sse2'],
  ['cvttpd2dq', '66 0F E6', 'w', 16, 'sse2'],
  ['cvtpd2dq', 'F2 0F E6', 'w', 16, 'sse2'],
];
/** The 256-bit forms of CVTPD2PS and CVT(T)PD2DQ write 128 bits. */
export const CONVERT: readonly VectorInsn[] = CONVERT_ROWS_DATA.map(([operation, encoding, destination, memory, feature]) => ({
  name: operation.toUpperCase(),
  encoding,
  feature,
  run: inTypeScript(operation),
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
