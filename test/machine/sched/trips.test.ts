// Who drives a host gets a word in after so many trips to TypeScript, whatever virtual time that is: where a run is cut by it changes nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { Driver } from '../../../src/debug/host-link/driver';
import { ControlCore } from '../../../src/machine/control/control-core';
import { defaultParts } from '../../../src/machine/control/default-parts';
import type { HostConfig } from '../../../src/machine/control/types';
import { assertSame, prepare, Watch } from '../../proof/observe';
import { sample } from '../../support/guests';
import { severalVms } from '../vms/busy-guest';

const image = { path: 'kvm-c.elf', bytes: readFileSync(sample('kvm-c', 'kvm-c.elf')) };
const memory = 16 << 20;
const vm = { image, memory, maxMemory: memory, vcpus: 2, maxVcpus: 2 };
const WAYS: [string, Partial<HostConfig>][] = [
  ['two pCPUs', {}],
  ['one pCPU, compiled', { pcpus: 1, tier: 'jit' }],
];

function coreOf(host: Partial<HostConfig>): ControlCore {
  const core = new ControlCore(severalVms([vm, vm], { pcpus: 2, ...host }), defaultParts());
  prepare(core, { image: image.path, script: 'time\nsteal\nipi\nquit\n' });
  return core;
}
function observed(core: ControlCore) {
  const watch = new Watch(core);
  core.resume();
  let calls = 0;
  for (; core.running; calls++) if (core.advance(250_000, Number.POSITIVE_INFINITY) === 'idle-for-ever') break;
  return { seen: watch.observed(), calls };
}

describe('trips of a host', function () {
  this.timeout(300_000);

  for (const [name, host] of WAYS)
    it(`a run that is cut at each fifth trip is the same run: ${name}`, () => {
      const whole = observed(coreOf(host));
      const core = coreOf(host);
      core.host.loop.mostTrips = 5;
      const cut = observed(core);
      assertSame(cut.seen, whole.seen, 'cut');
      assert.ok(cut.calls > whole.calls * 2, `${cut.calls} calls instead of ${whole.calls}`);
    });

  for (const [name, host] of WAYS)
    it(`a run that is cut wherever its driver is asked is the same run: ${name}`, () => {
      const whole = observed(coreOf(host));
      const core = coreOf(host);
      core.host.loop.isOver = () => true;
      const cut = observed(core);
      assertSame(cut.seen, whole.seen, 'cut');
      assert.ok(cut.calls > whole.calls * 2, `${cut.calls} calls instead of ${whole.calls}`);
    });

  it('the driver asks for it, and ends a call where somebody waits', () => {
    const core = coreOf({});
    const { loop } = core.host;
    assert.equal(loop.mostTrips, Number.POSITIVE_INFINITY);
    const driver = new Driver(core);
    driver.stop();
    assert.ok(loop.mostTrips <= 5000);
    assert.equal(loop.isOver(), false);
    driver.attention = () => true;
    assert.equal(loop.isOver(), true);
  });
});
