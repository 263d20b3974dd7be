// What the engine does not support: nothing that a CPU model offers; a row without semantics stops the run by its name, before it.
import assert from 'node:assert/strict';
import { HELPERS } from '../../src/engine/helpers';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { availableFeatures } from '../../src/x86/models/available';
import { CpuModel } from '../../src/x86/models/cpu-model';
import { VENDORS } from '../../src/x86/models/vendors.rows';
import { BareMachine } from './bare-machine';

const CODE = 0x1_0000;
const XSAVES = '0fc72b';

function runXsaves(model?: CpuModel) {
  const machine = new BareMachine(model && { model });
  const state = machine.longMode();
  machine.write(CODE, `90 ${XSAVES} f4`);
  state.setU64('rip', BigInt(CODE));
  return machine.run(10);
}
const whole = (): CpuModel => new CpuModel(availableFeatures(INSN_ROWS), VENDORS[0]!);

describe('engine: what is not supported', () => {
  it('is no instruction that any CPU model has', () => {
    const rows = whole().decodeRows(INSN_ROWS);
    const lacking = rows.filter((row) => !row.undefined && (row.unimplemented || !(row.emit || (row.helper && HELPERS[row.helper]))));
    assert.deepEqual(
      lacking.map(({ name, encoding }) => `${name} ${encoding}`),
      [],
    );
  });
  it('stops the run by its bytes, where a row says so', () => {
    assert.deepEqual(runXsaves(), { kind: 'unimplemented', text: '0f c7 2b', rip: BigInt(CODE + 1) });
  });
  it('is #UD in every model that can be chosen', () => {
    const end = runXsaves(whole());
    assert.equal(end.kind === 'shutdown' ? end.chain[0]?.vector : end.kind, 6);
  });
});
