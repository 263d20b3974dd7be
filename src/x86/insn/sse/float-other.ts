// HADD, HSUB, ADDSUB, dot products, rounding and approximations (SDM vol 2): TypeScript runs them.
import type { VectorOperation } from '../../simd/operations';
import { inTypeScript, type VectorInsn } from './operation';

const PACKED: readonly [VectorOperation, string, string, 'rw' | 'w'][] = [
  ['haddpd', '66 0F 7C', 'sse3', 'rw'],
  ['haddps', 'F2 0F 7C', 'sse3', 'rw'],
  ['hsubpd', '66 0F 7D', 'sse3', 'rw'],
  ['hsubps', 'F2 0F 7D', 'sse3', 'rw'],
  ['addsubpd', '66 0F D0', 'sse3', 'rw'],
  ['addsubps', 'F2 0F D0', 'sse3', 'rw'],
  ['rsqrtps', 'NP 0F 52', 'sse', 'w'],
  ['rcpps', 'NP 0F 53', 'sse', 'w'],
];
/** The legacy scalar forms have two operands, the VEX forms three (the first for what is above). */
const SCALAR: readonly [VectorOperation, string, string, 4 | 8, boolean][] = [
  ['rsqrtss', 'F3 0F 52', 'sse', 4, false],
  ['rcpss', 'F3 0F 53', 'sse', 4, false],
  ['roundss', '66 0F 3A 0A', 'sse4.1', 4, true],
  ['roundsd', '66 0F 3A 0B', 'sse4.1', 8, true],
];
const WITH_IMMEDIATE: readonly [VectorOperation, string, 'rw' | 'w', boolean][] = [
  ['roundps', '66 0F 3A 08', 'w', true],
  ['roundpd', '66 0F 3A 09', 'w', true],
  ['dpps', '66 0F 3A 40', 'rw', true],
  ['dppd', '66 0F 3A 41', 'rw', false],
];
const upper = (name: string): string => name.toUpperCase();

export const FLOAT_OTHER: readonly VectorInsn[] = [
  ...PACKED.map(([name, encoding, feature, destination]): VectorInsn => {
    return { name: upper(name), encoding, feature, run: inTypeScript(name), destination, memory: 16, wide: 'avx' };
  }),
  ...SCALAR.map(([name, encoding, feature, memory, immediate]): VectorInsn => {
    return { name: upper(name), encoding, feature, run: inTypeScript(name), destination: 'rw', memory, immediate };
  }),
  ...WITH_IMMEDIATE.map(([name, encoding, destination, wide]): VectorInsn => {
    const data = {
      name: upper(name),
      encoding,
      feature: 'sse4.1',
      run: inTypeScript(name),
      destination,
      memory: 16,
      immediate: true,
    } as const;
    return wide ? { ...data, wide: 'avx' } : data;
  }),
];
