// Every row is compared with a processor or has tests that give its expected values; so has every fault. Committed results exist for every compared row.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InsnRow } from '../../src/x86/insn/row';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { Comparer } from './compare';
import { EXCLUDED } from './excluded';
import { CITED_FAULTS, RESULTS_ELSEWHERE } from './faults';
import { FIXED_FILES, readFixed } from './fixed';
import { COMPARED_HELPERS, isTestable, subjects } from './generate';
import { SYSTEM_ITEMS } from './system-items';

const TESTS = join(__dirname, '..');
const textOf = (test: string): string => readFileSync(join(TESTS, test), 'utf8').toLowerCase();
const nameOf = (row: InsnRow): string => `${row.name} ${row.encoding}`;
/** Sources that are assembled write far transfers so. */
const ASSEMBLER: Readonly<Record<string, string>> = { jmpf: 'ljmp', callf: 'lcall', retf: 'lret' };

describe('the proof of every row', () => {
  it('is a comparison, or a test that is cited', () => {
    const excused = EXCLUDED.flatMap(({ helpers }) => helpers);
    const forgotten = INSN_ROWS.filter(
      (row) => !isTestable(row) && !row.undefined && !row.unimplemented && !excused.includes(row.helper ?? ''),
    );
    assert.deepEqual(forgotten.map(nameOf), []);
    assert.deepEqual(
      excused.filter((name) => COMPARED_HELPERS.includes(name)),
      [],
    );
  });

  for (const { reason, tests, helpers } of EXCLUDED)
    it(`${helpers.join(', ')}: ${reason}`, () => {
      const texts = tests.map(textOf);
      for (const helper of helpers) {
        const rows = INSN_ROWS.filter((row) => row.helper === helper);
        assert.ok(rows.length > 0, `no row has the helper ${helper}`);
        for (const row of rows) {
          const name = row.name.toLowerCase();
          const words = [helper.toLowerCase(), name, ASSEMBLER[name] ?? name];
          assert.ok(
            texts.some((text) => words.some((word) => text.includes(word))),
            `${nameOf(row)} is named in none of ${tests.join(', ')}`,
          );
        }
      }
    });

  it('covers the faults that no process can show', () => {
    for (const { fault, tests } of CITED_FAULTS) for (const test of tests) assert.ok(existsSync(join(TESTS, test)), `${fault}: ${test}`);
  });

  for (const { names, tests, reason } of RESULTS_ELSEWHERE)
    it(`results of ${names.join(', ')} (${reason}) are in tests`, () => {
      const texts = tests.map(textOf);
      const missing = names.filter((name) => !texts.some((text) => text.includes(name.toLowerCase())));
      assert.deepEqual(missing, [], `named in none of ${tests.join(', ')}`);
    });

  for (const { item, words, tests } of SYSTEM_ITEMS)
    it(`of the system: ${item}`, () => {
      const texts = tests.map(textOf);
      const missing = words.filter((word) => !texts.some((text) => text.includes(word)));
      assert.deepEqual(missing, [], `named in none of ${tests.join(', ')}`);
      for (const [i, text] of texts.entries()) assert.match(text, /sdm vol/, `${tests[i]} cites the manual`);
    });

  it('has committed results of a processor', () => {
    const comparer = new Comparer();
    const seen = new Set(FIXED_FILES.flatMap(({ name }) => readFixed(name).vectors).map((vector) => comparer.rowOf(vector)));
    const missing = subjects().filter(({ row }) => !seen.has(row));
    assert.deepEqual(
      missing.map(({ row }) => nameOf(row)),
      [],
    );
  });
});
