// One host under several debuggers: whoever was told to go on with another hears of it when that one was paused meanwhile.
import assert from 'node:assert/strict';
import { SharedHost } from '../../../src/debug/host-link/shared-host';
import type { MachineControl } from '../../../src/machine/control/control';
import type { ControlEvent } from '../../../src/machine/control/types';

const position = (vm: number) => ({ vm, vcpu: 0, retired: 0, event: 0, virtualNs: 0 });

/** A host that stands or runs, and says so. */
class FakeHost {
  resumed = 0;
  private listener: (event: ControlEvent) => void = () => {};

  readonly control = {
    onEvent: (listener: (event: ControlEvent) => void) => {
      this.listener = listener;
      return { dispose: () => {} };
    },
    resume: async () => {
      this.resumed++;
    },
    pause: async () => this.stop(0, 'pause'),
    history: async () => ({ past: false }),
    vcpus: async () => [0, 1].map((vm) => ({ vm, vcpu: 0, position: position(vm) })),
  } as unknown as MachineControl;

  stop(vm: number, kind: 'pause' | 'step'): void {
    this.listener({
      kind: 'stopped',
      stop: { reason: kind === 'step' ? { kind, diverted: false } : { kind }, at: { vm, vcpu: 0 }, position: position(vm) },
    });
  }
}

const settled = () => new Promise((done) => setTimeout(done, 5));

describe('a host that several debuggers share', () => {
  let host: FakeHost;
  let shared: SharedHost;
  let told: string[][];
  let vms: MachineControl[];

  beforeEach(async () => {
    host = new FakeHost();
    shared = new SharedHost(host.control, ['one', 'two']);
    told = [[], []];
    vms = [0, 1].map((vm) => shared.of(vm));
    for (const [vm, control] of vms.entries())
      control.onEvent((event) => {
        if (event.kind !== 'stopped') return;
        told[vm]!.push(event.stop.reason.kind);
        void shared.shown(vm);
      });
    await Promise.all(vms.map((control) => control.resume()));
    await settled();
    assert.equal(host.resumed, 1);
    host.stop(0, 'step');
    await settled();
    assert.deepEqual(told, [['step'], ['pause']]);
  });

  it('goes on when all want to', async () => {
    shared.follows(1, 0);
    await vms[0]!.resume();
    assert.equal(host.resumed, 1);
    await vms[1]!.resume();
    await settled();
    assert.deepEqual([host.resumed, told], [2, [['step'], ['pause']]]);
  });

  it('tells who comes late that the one it follows was paused', async () => {
    shared.follows(1, 0);
    await vms[0]!.resume();
    await vms[0]!.pause();
    await settled();
    await vms[1]!.resume();
    await settled();
    assert.deepEqual(
      [host.resumed, told],
      [
        1,
        [
          ['step', 'pause'],
          ['pause', 'pause'],
        ],
      ],
    );
    // From there both go on as ever.
    shared.follows(0, 1);
    await vms[1]!.resume();
    await vms[0]!.resume();
    await settled();
    assert.equal(host.resumed, 2);
  });
});
