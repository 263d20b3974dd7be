// CMP by predicate, and UCOMIS and COMIS, which set flags (SDM vol 2).
import { ARITHMETIC_FLAGS } from '../../emit/flags';
import type { VectorOperation } from '../../simd/operations';
import { type Emit, type InsnRow, row } from '../row';
import { inTypeScript, sse, type VectorInsn } from './operation';

/** Operands 0 and 1 of the row, also of a VEX form. */
const compareOrdered =
  (operation: VectorOperation, bytes: 4 | 8): Emit =>
  (c) => {
    const source2 = c.xmm(1, bytes);
    const destination = c.scratch();
    c.vector(operation, { bytes: 16, destination, source1: c.slot(0), source2 });
    c.f.get(destination).mem('i64.load');
    c.flagsReplace(ARITHMETIC_FLAGS, c.keep());
  };

/** VEX forms have more predicates. */
export const FLOAT_COMPARE: readonly VectorInsn[] = (
  [
    ['CMPPS', 'NP 0F C2', 'cmpps', 16, 'sse'],
    ['CMPPD', '66 0F C2', 'cmppd', 16, 'sse2'],
    ['CMPSS', 'F3 0F C2', 'cmpss', 4, 'sse'],
    ['CMPSD', 'F2 0F C2', 'cmpsd', 8, 'sse2'],
  ] as const
).map(([name, encoding, operation, memory, feature]) => ({
  name,
  encoding,
  feature,
  run: inTypeScript(operation),
  destination: 'rw',
  memory,
  immediate: true,
}));

export const ORDERED: readonly { name: string; encoding: string; bytes: 4 | 8; feature: string; emit: Emit }[] = [
  { name: 'UCOMISS', encoding: 'NP 0F 2E', bytes: 4, feature: 'sse', emit: compareOrdered('ucomiss', 4) },
  { name: 'UCOMISD', encoding: '66 0F 2E', bytes: 8, feature: 'sse2', emit: compareOrdered('ucomisd', 8) },
  { name: 'COMISS', encoding: 'NP 0F 2F', bytes: 4, feature: 'sse', emit: compareOrdered('comiss', 4) },
  { name: 'COMISD', encoding: '66 0F 2F', bytes: 8, feature: 'sse2', emit: compareOrdered('comisd', 8) },
];
export const ORDERED_ROWS: readonly InsnRow[] = ORDERED.map(({ name, encoding, bytes, feature, emit }) =>
  row(name, `${encoding} /r`, `x:r, xm${bytes * 8}:r`, sse(feature, emit, { flags: { write: 'cpazso' } })),
);
