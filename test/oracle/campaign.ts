// A campaign: random vectors of one seed on the native oracle and on the engine, compared.
import { HELPERS } from '../../src/engine/helpers';
import { WasmEngine } from '../../src/engine/wasm-engine';
import type { InsnRow } from '../../src/x86/insn/row';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { difference } from './compare';
import { runVector } from './engine-run';
import { candidates, makeVector } from './generate';
import { furnished, quietHost, RAM } from './machine';
import { runNative } from './native';
import { Random } from './random';
import { type Vector, vectorLine } from './vector';

export const makeEngine = (): WasmEngine => {
  const engine = new WasmEngine(
    { vcpus: 1, ramSize: RAM, maxRamSize: RAM, pauseNs: 100, sharedMemory: false, hosts: [quietHost()] },
    { helpers: HELPERS },
  );
  furnished(engine);
  return engine;
};

export const makeVectors = (count: number, seed: number): Vector[] => {
  const random = new Random(seed);
  const list = candidates(INSN_ROWS);
  return Array.from({ length: count }, (_, i) => makeVector(random, list, String(i)));
};

const rowsByName = new Map<string, InsnRow>(INSN_ROWS.filter((item) => !item.unimplemented).map((item) => [item.name, item]));
export const rowOf = (vector: Vector): InsnRow | undefined => rowsByName.get(vector.id.split('.')[1] ?? '');

export interface Finding {
  vector: string;
  difference: string;
}

/** Compares native result lines with the engine's; at most `most` findings are kept. */
export const compareAll = (engine: WasmEngine, vectors: readonly Vector[], native: readonly string[], most = 20): Finding[] => {
  const findings: Finding[] = [];
  vectors.forEach((vector, i) => {
    const differs = difference(vector, rowOf(vector), native[i]!, runVector(engine, vector));
    if (differs !== undefined && findings.length < most) findings.push({ vector: vectorLine(vector), difference: differs });
  });
  return findings;
};

export const campaign = (count: number, seed: number, most = 20): Finding[] => {
  const vectors = makeVectors(count, seed);
  return compareAll(makeEngine(), vectors, runNative(vectors.map(vectorLine)), most);
};

export const report = (findings: readonly Finding[]): string =>
  findings.map((found) => `${found.difference} (native / ours)\n  ${found.vector}`).join('\n');
