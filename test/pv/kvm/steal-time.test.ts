// Steal time and deferred TLB flushes: struct kvm_steal_time as record_steal_time and kvm_steal_time_set_preempted keep it.
import assert from 'node:assert/strict';
import { encode } from './encode';
import { guest } from './fake-host';

const STEAL_TIME = 0x4b56_4d03;
const AREA = 0x1040;

describe('KVM steal time', () => {
  const start = () => {
    const made = guest();
    const read = () => ({
      steal: Number(made.host.view.getBigUint64(AREA, true)),
      version: made.host.view.getUint32(AREA + 8, true),
      flags: made.host.view.getUint32(AREA + 12, true),
      preempted: made.host.view.getUint8(AREA + 16),
    });
    return { ...made, read };
  };

  it('adds the time spent runnable, from power-on', () => {
    const { kvm, host, read } = start();
    host.steal[1] = 400;
    assert.ok(kvm.writeMsr(1, STEAL_TIME, BigInt(AREA) | 1n));
    assert.deepEqual(read(), { steal: 400, version: 2, flags: 0, preempted: 0 });
    host.steal[1] = 1000;
    kvm.scheduledIn(1);
    kvm.scheduledIn(0);
    assert.deepEqual(read(), { steal: 1000, version: 4, flags: 0, preempted: 0 });
    assert.equal(kvm.readMsr(1, STEAL_TIME), BigInt(AREA) | 1n);
    assert.deepEqual(host.traced, [`steal-update 1 ${AREA} 400 400 2`, `steal-update 1 ${AREA} 1000 600 4`]);
  });

  it('makes an odd version even first, and odd while it writes', () => {
    const { kvm, host, read } = start();
    host.view.setUint32(AREA + 8, 5, true);
    const seen: number[] = [];
    const write = host.memory.write;
    host.memory.write = (gpa, bytes) => {
      const done = write(gpa, bytes);
      if (gpa === AREA) seen.push(host.view.getUint32(AREA + 8, true));
      return done;
    };
    kvm.writeMsr(0, STEAL_TIME, BigInt(AREA) | 1n);
    assert.deepEqual(seen, [7]);
    assert.equal(read().version, 8);
  });

  it('says "preempted" from losing the pCPU to getting it back', () => {
    const { kvm, read } = start();
    kvm.writeMsr(0, STEAL_TIME, BigInt(AREA) | 1n);
    kvm.scheduledOut(0, false);
    assert.equal(read().preempted, 0, 'a vCPU that halts is not preempted');
    kvm.scheduledOut(0, true);
    assert.equal(read().preempted, 1);
    kvm.scheduledIn(0);
    assert.equal(read().preempted, 0);
  });

  it('flushes the TLB where another vCPU asked for it meanwhile', () => {
    const { kvm, host, read } = start();
    kvm.writeMsr(0, STEAL_TIME, BigInt(AREA) | 1n);
    kvm.scheduledOut(0, true);
    host.view.setUint8(AREA + 16, 3);
    kvm.scheduledOut(0, true);
    assert.equal(read().preempted, 3, 'what the guest set stays');
    kvm.scheduledIn(0);
    assert.deepEqual(host.log, ['flush 0']);
    assert.equal(read().preempted, 0);
    kvm.scheduledOut(0, true);
    kvm.scheduledIn(0);
    assert.equal(host.log.length, 1);
  });

  it('flushes nothing where the feature is hidden', () => {
    const { kvm, host } = guest({ without: ['PV_TLB_FLUSH'] });
    kvm.writeMsr(0, STEAL_TIME, BigInt(AREA) | 1n);
    host.view.setUint8(AREA + 16, 3);
    kvm.scheduledIn(0);
    assert.deepEqual(host.log, []);
    assert.equal(host.view.getUint8(AREA + 16), 0);
  });

  it('refuses reserved bits, and bears an address that is no memory', () => {
    const { kvm, host } = start();
    for (const bit of [1, 2, 3, 4, 5]) assert.equal(kvm.writeMsr(0, STEAL_TIME, BigInt(AREA) | 1n | (1n << BigInt(bit))), false);
    assert.ok(kvm.writeMsr(0, STEAL_TIME, 0xffff_ffff_ffff_ffc1n));
    kvm.scheduledOut(0, true);
    kvm.scheduledIn(0);
    assert.ok(host.ram.every((byte) => byte === 0));
  });

  it('is gone after INIT, and the account goes on', () => {
    const { kvm, host, read } = start();
    kvm.writeMsr(0, STEAL_TIME, BigInt(AREA) | 1n);
    host.steal[0] = 100;
    kvm.reset(0);
    kvm.scheduledIn(0);
    assert.equal(read().steal, 0);
    kvm.writeMsr(0, STEAL_TIME, BigInt(AREA) | 1n);
    assert.equal(read().steal, 100);
  });

  it('is saved and restored', () => {
    const { kvm, host } = start();
    host.steal[2] = 77;
    kvm.writeMsr(2, STEAL_TIME, BigInt(AREA) | 1n);
    kvm.writeMsr(0, 0x4b56_4d00, 0x400n);
    kvm.writeMsr(0, 0x12, 0x501n);
    kvm.writeMsr(1, 0x4b56_4d05, 0n);
    kvm.scheduledOut(2, true);
    const other = guest();
    other.kvm.restore(kvm.save());
    assert.deepEqual(encode(other.kvm.save()), encode(kvm.save()));
    other.host.ram.set(host.ram);
    other.host.steal[2] = 100;
    other.kvm.scheduledIn(2);
    assert.equal(other.host.view.getBigUint64(AREA, true), 100n);
    assert.equal(other.kvm.readMsr(1, 0x4b56_4d05), 0n);
    assert.equal(other.kvm.readMsr(3, 0x11), 0x400n);
  });
});

describe('KVM poll control and refused MSRs', () => {
  it('keeps bit 0 and refuses others', () => {
    const { kvm } = guest();
    assert.equal(kvm.readMsr(0, 0x4b56_4d05), 1n);
    assert.ok(kvm.writeMsr(0, 0x4b56_4d05, 0n));
    assert.equal(kvm.readMsr(0, 0x4b56_4d05), 0n);
    assert.equal(kvm.readMsr(1, 0x4b56_4d05), 1n);
    assert.equal(kvm.writeMsr(0, 0x4b56_4d05, 2n), false);
  });

  it('gives #GP for features that are refused, and leaves other MSRs to others', () => {
    const { kvm } = guest();
    for (const index of [0x4b56_4d02, 0x4b56_4d06, 0x4b56_4d07, 0x4b56_4d08]) {
      assert.ok(kvm.ownsMsr(index));
      assert.equal(kvm.readMsr(0, index), undefined);
      assert.equal(kvm.writeMsr(0, index, 0n), false);
    }
    for (const index of [0x10, 0x4b56_4d09, 0x4000_0000]) assert.equal(kvm.ownsMsr(index), false);
  });
});
