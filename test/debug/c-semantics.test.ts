// What expressions give is what gcc's programs give: random expressions over a real program's variables, each result compared in type and bytes.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate } from '../../src/debug/c/evaluate';
import { ATE, isSigned } from '../../src/debug/c/number';
import type { EvaluationScope } from '../../src/debug/c/scope';
import { bytesOf, type Value } from '../../src/debug/c/value';
import { FileByteSource } from '../../src/symbols/file-source';
import { SymbolFile } from '../../src/symbols/symbol-file';
import { strip } from '../../src/symbols/types';
import { needs } from '../support/compiler';
import { testSeed } from '../support/seed';
import { Expressions, program } from './support/c-expressions';
import { ImageScope } from './support/image-scope';

const COUNT = 600;
const COMPILER = 'gcc';

async function shown(value: Value, scope: EvaluationScope): Promise<string> {
  const plain = strip(value.type);
  const real = plain.kind === 'base' && plain.encoding === ATE.float;
  const bytes = await bytesOf(value, scope);
  // As an enumeration's value: gcc gives an unsigned type to those without negative enumerators.
  return `${real ? 1 : 0} ${bytes.length} ${real || isSigned(plain) || (plain.kind === 'base' && plain.name === 'char') ? 1 : 0} ${Buffer.from(bytes).toString('hex')}`;
}

/** One NaN is like another, and so is one zero: gcc 12 computes `0.0f - (a == b)` as `-(float)(a == b)` while it compiles, also without optimisation. */
function sameNumber(line: string): string {
  const [real, size, signed, hex = ''] = line.split(' ');
  if (real !== '1') return line;
  const bytes = Buffer.from(hex, 'hex');
  const number = size === '4' ? bytes.readFloatLE() : bytes.readDoubleLE();
  return Number.isNaN(number) ? `${real} ${size} ${signed} NaN` : number === 0 ? `${real} ${size} ${signed} 0` : line;
}

describe('C semantics against gcc', function () {
  this.timeout(300_000);
  let folder: string;
  before(function () {
    needs(this, COMPILER);
    if (process.arch !== 'x64') this.skip();
    folder = mkdtempSync(join(tmpdir(), 'c-semantics-'));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  const seed = testSeed();
  it(`${COUNT} random statements give the same type and value (HYPERSCOPE_TEST_SEED=${seed})`, async () => {
    let state = seed | 1;
    const random = (below: number): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % below;
    };
    const expressions = new Expressions(random);
    const statements = Array.from({ length: COUNT }, () => expressions.statement());
    const [source, image] = [join(folder, 'program.c'), join(folder, 'program')];
    writeFileSync(source, program(statements));
    const flags = ['-g', '-O0', '-w', '-std=gnu11', '-fwrapv', '-ffp-contract=off', '-fno-pie', '-no-pie'];
    const compiled = spawnSync(COMPILER, [...flags, source, '-o', image], { encoding: 'utf8' });
    assert.equal(compiled.status, 0, compiled.stderr);
    const lines = execFileSync(image, { encoding: 'utf8' }).trim().split('\n');
    const scope = new ImageScope(SymbolFile.open({ source: FileByteSource.open(image) }));
    for (const [i, text] of statements.entries()) {
      const value = await evaluate(text, scope);
      assert.equal(sameNumber(await shown(value, scope)), sameNumber(lines[i]!), `statement ${i}: ${text}`);
    }
  });
});
