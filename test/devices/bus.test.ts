import assert from 'node:assert/strict';
import { Bus, type BusTarget, type UnclaimedAccess } from '../../src/devices/bus';

class Recorder implements BusTarget {
  readonly log: string[] = [];
  constructor(private readonly value: (offset: number) => number) {}
  read(offset: number, size: 1 | 2 | 4): number {
    this.log.push(`read ${offset}/${size}`);
    return this.value(offset);
  }
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.log.push(`write ${offset}/${size}=${value.toString(16)}`);
  }
}

describe('bus', () => {
  const make = () => {
    const unclaimed: UnclaimedAccess[] = [];
    const bus = new Bus('port', (access) => unclaimed.push(access));
    const wide = new Recorder(() => 0xa1b2c3d4);
    const narrow = new Recorder((offset) => 0x10 + offset);
    bus.register({ name: 'wide', base: 0xf4, size: 4, target: wide });
    bus.register({ name: 'narrow', base: 0x3f8, size: 8, width: 1, target: narrow });
    return { bus, wide, narrow, unclaimed };
  };

  it('passes an access that fits as it is, relative to the base', () => {
    const { bus, wide } = make();
    assert.equal(bus.read(0xf4, 4), 0xa1b2c3d4);
    bus.write(0xf6, 2, 0x1234);
    assert.deepEqual(wide.log, ['read 0/4', 'write 2/2=1234']);
  });

  it('splits an access that is wider than the device into bytes, low address first', () => {
    const { bus, narrow } = make();
    assert.equal(bus.read(0x3f8, 4), 0x13121110);
    bus.write(0x3f9, 2, 0xabcd);
    assert.deepEqual(narrow.log, ['read 0/1', 'read 1/1', 'read 2/1', 'read 3/1', 'write 1/1=cd', 'write 2/1=ab']);
  });

  it('splits unaligned accesses and those that cross the end of a range; the rest of them reads ones', () => {
    const { bus, narrow, unclaimed } = make();
    assert.equal(bus.read(0x3fe, 4), 0xffff1716);
    assert.deepEqual(narrow.log, ['read 6/1', 'read 7/1']);
    assert.deepEqual(unclaimed, [{ space: 'port', address: 0x400, size: 2, written: undefined }]);
    assert.equal(bus.read(0x3f7, 2), 0x10ff);
  });

  it('reports an unclaimed access once, whole; reads give all ones', () => {
    const { bus, unclaimed } = make();
    assert.equal(bus.read(0x1234, 1), 0xff);
    assert.equal(bus.read(0x1234, 2), 0xffff);
    assert.equal(bus.read(0x1234, 4), 0xffffffff);
    bus.write(0x1234, 4, 7);
    assert.equal(unclaimed.length, 4);
    assert.deepEqual(unclaimed[3], { space: 'port', address: 0x1234, size: 4, written: 7 });
  });

  it('asserts that ranges do not overlap', () => {
    const { bus } = make();
    const target = new Recorder(() => 0);
    assert.throws(() => bus.register({ name: 'other', base: 0xf0, size: 5, target }), /overlaps wide/);
    assert.throws(() => bus.register({ name: 'other', base: 0x3ff, size: 1, target }), /overlaps narrow/);
    bus.register({ name: 'other', base: 0xf0, size: 4, target });
    assert.deepEqual(
      bus.ranges.map((range) => range.name),
      ['other', 'wide', 'narrow'],
    );
  });

  it('forgets a range', () => {
    const { bus } = make();
    bus.unregister('wide');
    assert.equal(bus.find(0xf4), undefined);
  });
});
