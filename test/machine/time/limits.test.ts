// Clocks of VMs beside each other, and the end of virtual time.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { END_OF_TIME_NS, EventClass, EventQueue } from '../../../src/machine/time/event-queue';
import { HostInstant, VirtualTime } from '../../../src/machine/time/virtual-time';

describe('machine/time', () => {
  it('what one VM was told moves no clock of another, and the own one never runs backwards', () => {
    const instant = new HostInstant();
    const [first, second] = [new VirtualTime(instant), new VirtualTime(instant)];
    const at = (ns: number, of: VirtualTime): number => {
      let told = -1;
      instant.duringEvent(ns, () => {
        told = of.nowNs();
      });
      return told;
    };
    assert.equal(at(5000, first), 5000);
    assert.equal(at(4000, second), 4000);
    assert.equal(at(4500, first), 5000);
  });

  it('a timer that is set to behind the end of time stays armed and never expires', () => {
    const queue = new EventQueue();
    const fired: string[] = [];
    const create = (name: string) => queue.create(name, EventClass.guest, () => fired.push(name));
    const far = create('far');
    far.arm(2 ** 53 + 2 ** 60);
    create('last').arm(END_OF_TIME_NS);
    assert.equal(queue.nextGuestDeadlineNs, END_OF_TIME_NS);
    for (let event = queue.pop(); event !== undefined; event = queue.pop()) event.run();
    assert.deepEqual(fired, ['last']);
    assert.equal(far.deadlineNs, Number.MAX_SAFE_INTEGER);
    assert.equal(queue.nextDeadlineNs, undefined);
  });
});
