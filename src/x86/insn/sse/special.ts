// AES, carry-less multiplication, SHA and the integer operations that TypeScript runs (SDM vol 2).
import { S, STATE } from '../../layout';
import type { VectorOperation } from '../../simd/operations';
import { inTypeScript, type Operation, type VectorInsn } from './operation';

/** SHA256RNDS2 takes its third source from XMM0. */
const withXmm0 =
  (operation: VectorOperation): Operation =>
  (c, operands) => {
    c.f.i32(STATE + S.ymm);
    c.vector(operation, { ...operands, source3: c.keep32() });
  };

const ROWS: readonly [VectorOperation, string, string, 'rw' | 'w', boolean, 'avx2'?][] = [
  ['phminposuw', '66 0F 38 41', 'sse4.1', 'w', false],
  ['mpsadbw', '66 0F 3A 42', 'sse4.1', 'rw', true, 'avx2'],
  ['aesimc', '66 0F 38 DB', 'aes', 'w', false],
  ['aesenc', '66 0F 38 DC', 'aes', 'rw', false],
  ['aesenclast', '66 0F 38 DD', 'aes', 'rw', false],
  ['aesdec', '66 0F 38 DE', 'aes', 'rw', false],
  ['aesdeclast', '66 0F 38 DF', 'aes', 'rw', false],
  ['aeskeygenassist', '66 0F 3A DF', 'aes', 'w', true],
  ['pclmulqdq', '66 0F 3A 44', 'pclmulqdq', 'rw', true],
];
export const SPECIAL: readonly VectorInsn[] = ROWS.map(([name, encoding, feature, destination, immediate, wide]) => ({
  name: name.toUpperCase(),
  encoding,
  feature,
  run: inTypeScript(name),
  destination,
  memory: 16,
  immediate,
  ...(wide ? { wide } : {}),
}));

/** These have no VEX forms. */
const SHA_ROWS: readonly [VectorOperation, string, boolean?][] = [
  ['sha1nexte', 'NP 0F 38 C8'],
  ['sha1msg1', 'NP 0F 38 C9'],
  ['sha1msg2', 'NP 0F 38 CA'],
  ['sha256rnds2', 'NP 0F 38 CB'],
  ['sha256msg1', 'NP 0F 38 CC'],
  ['sha256msg2', 'NP 0F 38 CD'],
  ['sha1rnds4', 'NP 0F 3A CC', true],
];
export const SHA: readonly VectorInsn[] = SHA_ROWS.map(([name, encoding, immediate = false]) => ({
  name: name.toUpperCase(),
  encoding,
  feature: 'sha-ni',
  run: name === 'sha256rnds2' ? withXmm0(name) : inTypeScript(name),
  destination: 'rw',
  memory: 16,
  immediate,
}));
