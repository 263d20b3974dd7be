import assert from 'node:assert/strict';
import { HypercallBreakpoints, signature } from '../../../src/host/hypercalls/model';
import { PV_INTERFACES } from '../../../src/pv/rows';

describe('hypercall breakpoints', () => {
  it('offer every call of every interface', () => {
    const model = new HypercallBreakpoints(PV_INTERFACES, []);
    assert.deepEqual(
      model.interfaces.map(({ calls }) => calls.length),
      PV_INTERFACES.map(({ hypercalls }) => hypercalls.length),
    );
  });
  it('keep what was saved and forget calls that no longer exist', () => {
    assert.deepEqual(new HypercallBreakpoints(PV_INTERFACES, ['kvm:SEND_IPI', 'kvm:GONE']).names, ['kvm:SEND_IPI']);
  });
  it('tick a whole interface by its box', () => {
    const model = new HypercallBreakpoints(PV_INTERFACES, []);
    const [kvm] = model.interfaces;
    assert.ok(kvm);
    model.set([[kvm, true]]);
    assert.equal(model.isChecked(kvm), true);
    const [first] = kvm.calls;
    assert.ok(first);
    model.set([[first, false]]);
    assert.equal(model.isChecked(kvm), false);
    assert.equal(model.names.length, kvm.calls.length - 1);
    model.clear();
    assert.deepEqual(model.names, []);
  });
  it('show a call as it is written', () => {
    const row = PV_INTERFACES[0]?.hypercalls.find(({ name }) => name === 'SEND_IPI');
    assert.match(row ? signature(row) : '', /^SEND_IPI\(.+, .+\)$/);
  });
});
