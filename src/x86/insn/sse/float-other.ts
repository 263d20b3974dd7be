// HADD, HSUB, ADDSUB, dot products and approximations (SDM vol 2).
import type { Local } from '../../../wasm/code';
import type { InsnContext } from '../../emit/context';
import type { VectorOperation } from '../../simd/operations';
import type { FloatShape } from './fast-float';
import { packedBinary } from './float-arithmetic';
import { inTypeScript, keepV128, loadLane, type Operation, type VectorInsn } from './operation';

const lanesOf = (bytes: 4 | 8, odd: boolean): number[] =>
  Array.from({ length: 16 }, (_, i) => Math.floor(i / bytes) * 2 * bytes + (odd ? bytes : 0) + (i % bytes));
/** Neighbours: those of source 1, then those of source 2. */
const horizontal = (name: VectorOperation, operation: 'add' | 'sub', shape: FloatShape): Operation =>
  packedBinary(name, operation, shape, (c, a, b, at) => {
    const x = loadLane(c, a, at);
    const y = loadLane(c, b, at);
    const pick = (odd: boolean): Local => {
      c.f
        .get(x)
        .get(y)
        .shuffle(lanesOf(shape === 'f32x4' ? 4 : 8, odd));
      return keepV128(c);
    };
    return [pick(false), pick(true)];
  });
/** Even lanes subtracted, odd ones added: the second operand's even lanes with the other sign. */
const alternate = (name: VectorOperation, shape: FloatShape): Operation => {
  const bytes = shape === 'f32x4' ? 4 : 8;
  const signs = Array.from({ length: 16 }, (_, i) => (i % (2 * bytes) === bytes - 1 ? 0x80 : 0));
  return packedBinary(name, 'add', shape, (c: InsnContext, a, b, at) => {
    const x = loadLane(c, a, at);
    c.f
      .get(loadLane(c, b, at))
      .v128(signs)
      .simd('v128.xor');
    return [x, keepV128(c)];
  });
};

const PACKED: readonly [string, string, string, Operation, 'rw' | 'w'][] = [
  ['HADDPD', '66 0F 7C', 'sse3', horizontal('haddpd', 'add', 'f64x2'), 'rw'],
  ['HADDPS', 'F2 0F 7C', 'sse3', horizontal('haddps', 'add', 'f32x4'), 'rw'],
  ['HSUBPD', '66 0F 7D', 'sse3', horizontal('hsubpd', 'sub', 'f64x2'), 'rw'],
  ['HSUBPS', 'F2 0F 7D', 'sse3', horizontal('hsubps', 'sub', 'f32x4'), 'rw'],
  ['ADDSUBPD', '66 0F D0', 'sse3', alternate('addsubpd', 'f64x2'), 'rw'],
  ['ADDSUBPS', 'F2 0F D0', 'sse3', alternate('addsubps', 'f32x4'), 'rw'],
  ['RSQRTPS', 'NP 0F 52', 'sse', inTypeScript('rsqrtps'), 'w'],
  ['RCPPS', 'NP 0F 53', 'sse', inTypeScript('rcpps'), 'w'],
];

export const FLOAT_OTHER: readonly VectorInsn[] = [
  ...PACKED.map(([name, encoding, feature, run, destination]): VectorInsn => {
    return { name, encoding, feature, run, destination, memory: 16, wide: 'avx' };
  }),
  // The legacy scalar forms have two operands, the VEX forms three (the first for what is above).
  { name: 'RSQRTSS', encoding: 'F3 0F 52', feature: 'sse', run: inTypeScript('rsqrtss'), destination: 'rw', memory: 4 },
  { name: 'RCPSS', encoding: 'F3 0F 53', feature: 'sse', run: inTypeScript('rcpss'), destination: 'rw', memory: 4 },
  {
    name: 'DPPS',
    encoding: '66 0F 3A 40',
    feature: 'sse4.1',
    run: inTypeScript('dpps'),
    destination: 'rw',
    memory: 16,
    immediate: true,
    wide: 'avx',
  },
  { name: 'DPPD', encoding: '66 0F 3A 41', feature: 'sse4.1', run: inTypeScript('dppd'), destination: 'rw', memory: 16, immediate: true },
];
