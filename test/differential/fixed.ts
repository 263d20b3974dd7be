// The committed results: which vectors they are, and reading them back. A file holds its vectors itself, so that new rows change nothing in it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseVector, type Vector } from '../../src/engine/vectors/vector';
import type { InsnRow } from '../../src/x86/insn/row';
import { makeVectors, subjects } from './generate';
import { Random } from './random';
import { Sequences } from './sequences';
import { usesFpu } from './x87-state';
import { isXsave } from './xsave-area';

export interface FixedFile {
  name: string;
  what: string;
  seed: number;
  /** Vectors for each row. */
  each: number;
  mode32: boolean;
  unit: 'general' | 'sse' | 'avx' | 'fpu' | 'xsave' | 'sequence';
}

export const FIXED_FILES: readonly FixedFile[] = [
  {
    name: 'general-64.txt',
    what: 'general-purpose and privileged instructions in 64-bit mode',
    seed: 64,
    each: 5,
    mode32: false,
    unit: 'general',
  },
  {
    name: 'general-32.txt',
    what: 'general-purpose and privileged instructions in compatibility mode',
    seed: 32,
    each: 3,
    mode32: true,
    unit: 'general',
  },
  { name: 'sse-64.txt', what: 'SSE to SSE4.2, AES, PCLMULQDQ and SHA instructions', seed: 128, each: 3, mode32: false, unit: 'sse' },
  { name: 'avx-64.txt', what: 'AVX, AVX2, FMA and F16C instructions', seed: 256, each: 1, mode32: false, unit: 'avx' },
  { name: 'x87-64.txt', what: 'x87 and MMX instructions', seed: 87, each: 2, mode32: false, unit: 'fpu' },
  { name: 'xsave-64.txt', what: 'the XSAVE family', seed: 13, each: 12, mode32: false, unit: 'xsave' },
  { name: 'sequences.txt', what: 'short sequences in both modes', seed: 4, each: 0, mode32: false, unit: 'sequence' },
];
const SEQUENCES = 1500;

const unitOf = (row: InsnRow): FixedFile['unit'] =>
  isXsave(row) ? 'xsave' : usesFpu(row) ? 'fpu' : row.unit === 'sse' || row.unit === 'avx' ? row.unit : 'general';

export function fixedVectors(file: FixedFile): Vector[] {
  if (file.unit === 'sequence') return new Sequences(new Random(file.seed)).make(SEQUENCES).map((item) => item.vector);
  const chosen = subjects().filter(
    ({ row, mode32 }) => unitOf(row) === file.unit && (mode32 === file.mode32 || (row.modes === 'legacy' && file.unit !== 'general')),
  );
  return makeVectors(chosen.length * file.each, new Random(file.seed), chosen).map((item) => item.vector);
}

/** Result lines as the oracle gave them, with the vectors' names. */
export function readFixed(name: string): { cpu: string; vectors: Vector[]; results: string[] } {
  const lines = readFileSync(join(__dirname, 'fixed', name), 'utf8').split('\n');
  const vectors: Vector[] = [];
  const results: string[] = [];
  let cpu = '';
  for (const line of lines) {
    if (line.startsWith('# cpu: ')) cpu = line.slice(7);
    else if (line.startsWith('= ')) results.push(`id=${vectors.at(-1)?.id} ${line.slice(2)}`);
    else if (line !== '' && !line.startsWith('#')) vectors.push(parseVector(line));
  }
  return { cpu, vectors, results };
}
