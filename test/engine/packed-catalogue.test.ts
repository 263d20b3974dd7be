// The catalogue that the interpreter's module carries says of every row what its texts say: the place of its opcode, the numbers of its handlers, their forms.
import assert from 'node:assert/strict';
import { type BranchForm, formOf, hasRel, memoryFormsOf, sizesOf } from '../../src/engine/forms';
import { FUSED } from '../../src/engine/hot';
import { PackedCatalogue } from '../../src/engine/packed-catalogue';
import { parseEncoding } from '../../src/x86/decode/table';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { interpreterModule } from './interpreter-module';

describe('packed catalogue', () => {
  const catalogue = new PackedCatalogue(interpreterModule(false), INSN_ROWS);

  it('knows where the opcode of each row is', () => {
    for (const row of INSN_ROWS) {
      const { map, first, last } = parseEncoding(row);
      assert.deepEqual(catalogue.places.get(row.encoding), { map, first, last }, row.encoding);
    }
  });

  it('gives each form the number of a handler that does the same, and marks branches', () => {
    let branches = 0;
    for (const row of INSN_ROWS)
      if (row.emit)
        for (const size of sizesOf(row))
          for (const memory of memoryFormsOf(row))
            for (const branch of (hasRel(row) ? ['linked', 'looked-up'] : ['linked']) as BranchForm[]) {
              const { number, form } = catalogue.numberOf(row, size, memory, branch);
              const wanted = formOf(row, size, memory, branch);
              assert.deepEqual(form, wanted);
              const { key, emit } = catalogue.formOf(number)!;
              assert.deepEqual([key, emit], [wanted.key, wanted.emit]);
              const marks = [hasRel(row) && branch === 'linked', hasRel(row) && branch === 'looked-up'];
              assert.deepEqual([catalogue.linked[number] === 1, catalogue.lookedUp[number] === 1], marks, key);
              if (hasRel(row)) branches++;
            }
    assert.ok(branches > 100, `${branches} branches`);
  });

  it('finds every sequence by the numbers of its parts', () => {
    const numbers = new Map<string, number>();
    for (let number = 0; number < catalogue.count; number++) {
      const key = catalogue.formOf(number)?.key;
      // Of those that look alike, the hot one has the lowest number.
      if (key !== undefined && !numbers.has(key)) numbers.set(key, number);
    }
    const handlers = new Set<number>();
    for (const text of FUSED) {
      let node = catalogue.fused;
      for (const part of text.split(' + ')) node = node.next.get(numbers.get(part)!)!;
      assert.ok(node.handler >= 0 && catalogue.formOf(node.handler) === undefined, text);
      assert.equal(catalogue.lookedUp[node.handler] === 1, text.includes('looked-up'), text);
      handlers.add(node.handler);
    }
    assert.equal(handlers.size, FUSED.length);
  });
});
