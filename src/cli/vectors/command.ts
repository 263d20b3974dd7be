// `vectors`: the oracle's vector lines on standard input, the engine's result lines on standard output (format: test/oracle/README.md).
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { UserError } from '../../base/user-error';
import { bundledInterpreters } from '../../debug/host-link/interpreters';
import { HELPERS } from '../../engine/helpers';
import { OracleGuest } from '../../engine/vectors/oracle-guest';
import { parseVector, type Vector } from '../../engine/vectors/vector';
import { parseCpuModel } from '../../x86/models/parse-model';
import type { Command } from '../command';
import { cliErrors } from '../errors';
import { optionsHelp } from '../help';
import { parseVectors, VECTORS_OPTIONS, type VectorsOptions } from './options';

const USAGE = 'hyperscope vectors [--tier interpreter|auto|jit] [--cpu MODEL] < VECTORS';
/** Characters that are collected before they are written. */
const CHUNK = 1 << 16;

function vectorOf(line: string, number: number): Vector {
  try {
    return parseVector(line);
  } catch (error) {
    throw error instanceof UserError ? cliErrors.badLine(number, error.message) : error;
  }
}

function resultLine(guest: OracleGuest, vector: Vector): string {
  const result = guest.run(vector);
  if (typeof result === 'string') return result;
  const id = vector.id === '' ? '' : `id=${vector.id} `;
  return `${id}end=unimplemented what=${result.unimplemented.replaceAll(' ', '-')}`;
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

async function runVectors({ cpu, tier }: VectorsOptions): Promise<void> {
  const interpreter = bundledInterpreters(false);
  const guest = new OracleGuest(
    parseCpuModel(cpu, false),
    interpreter === undefined ? { helpers: HELPERS } : { helpers: HELPERS, interpreter },
    tier,
  );
  let number = 0;
  let results = '';
  try {
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (/^\s*(#.*)?$/.test(line)) continue;
      results += `${resultLine(guest, vectorOf(line, number))}\n`;
      if (results.length < CHUNK) continue;
      await write(results);
      results = '';
    }
  } finally {
    // Also before a bad line is told: what was good has its result.
    await write(results);
  }
}

export const vectorsCommand: Command = {
  name: 'vectors',
  usage: USAGE,
  doc: 'Run instruction vectors: register and memory state in, what the instruction made of it out, to compare with hardware.',
  async run(argv) {
    const options = parseVectors(argv);
    if (options.help) {
      process.stdout.write(optionsHelp(USAGE, VECTORS_OPTIONS));
      return 0;
    }
    // Whoever reads may have enough.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 70));
    await runVectors(options);
    return 0;
  },
};
