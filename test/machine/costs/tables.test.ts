// Cost tables: every figure has its source, figures are of events that exit under the table's model, and another model's table is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseSide, sideName, sideText } from '../../../src/machine/compare/sides';
import { COST_TABLES, costOf, costTableOf } from '../../../src/machine/costs/tables';
import { EXIT_COST_ROWS } from '../../../src/machine/exits.rows';
import { EXIT_REASON_ROWS } from '../../../src/trace/rows';

describe('cost tables', () => {
  it('have a source, and figures only of what exits under their model', () => {
    for (const table of COST_TABLES) {
      assert.notEqual(table.source, '');
      for (const [reason, figure] of Object.entries(table.figures)) {
        assert.notEqual(EXIT_COST_ROWS.find((row) => row.reason === reason)?.[table.model] ?? null, null, `${table.name} ${reason}`);
        assert.notEqual(figure.from, '');
      }
    }
  });

  it('give the round numbers where no other table is asked for', () => {
    for (const row of EXIT_COST_ROWS)
      for (const model of ['hw', 'trap', 'pv'] as const)
        assert.equal(costOf(costTableOf(model), row.reason)?.ns ?? null, row[model], row.reason);
  });

  it('turn cycles of the measured machine into ns', () => {
    const ns = (model: 'hw' | 'trap' | 'pv', name: string, reason: 'io' | 'cpuid' | 'vmcall' | 'page-fault' | 'cli-sti') =>
      costOf(costTableOf(model, name), reason)?.ns;
    // 15 826 cycles and 4 340 cycles at 3.8 GHz; 1 300 at 2.1 GHz.
    assert.deepEqual([ns('hw', 'hw-2006', 'io'), ns('hw', 'hw-2006', 'cpuid'), ns('hw', 'hw-2006', 'page-fault')], [4165, 1142, undefined]);
    assert.equal(ns('hw', 'hw-2016', 'vmcall'), 619);
    assert.deepEqual([ns('trap', 'bt-2006', 'page-fault'), ns('trap', 'bt-2006', 'cli-sti')], [746, 9]);
    assert.equal(ns('pv', 'pv-2003', 'page-fault'), 1310);
  });

  it('exit exactly where the round ones do', () => {
    for (const table of COST_TABLES)
      for (const { name } of EXIT_REASON_ROWS)
        assert.equal(costOf(table, name) === undefined, costOf(costTableOf(table.model), name) === undefined, `${table.name} ${name}`);
  });

  it('are refused with another model', () => {
    assert.throws(() => costTableOf('hw', 'bt-2006'), /"bt-2006" is of the execution model "trap", and "model" is "hw"/);
    assert.throws(() => costTableOf('hw', 'fast'), /there is no cost table "fast": take hw, trap, pv,/);
  });

  it('name the sides of a comparison, with their model', () => {
    const side = parseSide('kvm:bt-2006')!;
    assert.deepEqual(side, { hypervisor: 'kvm', model: 'trap', costs: 'bt-2006' });
    assert.equal(sideName(side), 'kvm:bt-2006');
    assert.equal(sideText(side), 'paravirtualised (kvm), trap-and-emulate at the costs of bt-2006');
  });
});
