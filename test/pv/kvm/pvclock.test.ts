// kvmclock: arithmetic against exact rationals, the version as a seqlock, the stable flag, wall clock.
import assert from 'node:assert/strict';
import { scaleDelta, timeScale } from '../../../src/pv/kvm/pvclock';
import { guest, WALL_BASE_NS } from './fake-host';

const SEED = 20261121;
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}
const SYSTEM_TIME = 0x12;
const SYSTEM_TIME_NEW = 0x4b56_4d01;
const WALL_CLOCK_NEW = 0x4b56_4d00;

describe('pvclock arithmetic', () => {
  it('is exact at 2 GHz: mul 2^31, no shift', () => {
    assert.deepEqual(timeScale(2_000_000_000), { mul: 2 ** 31, shift: 0 });
  });

  it('matches the values that KVM computes', () => {
    assert.deepEqual(timeScale(1_000_000_000), { mul: 2 ** 31, shift: 1 });
    assert.deepEqual(timeScale(4_000_000_000), { mul: 2 ** 31, shift: -1 });
    assert.deepEqual(timeScale(25_000_000), { mul: Number((1_000_000_000n << 32n) / 1_600_000_000n), shift: 6 });
  });

  it(`is within 2^-29 of the exact time at any frequency (seed ${SEED})`, () => {
    const next = random(SEED);
    for (let i = 0; i < 2000; i++) {
      const hz = 1_000_000 + (next() % 4_000_000_000);
      const delta = (BigInt(next()) << 12n) ^ BigInt(next());
      const scale = timeScale(hz);
      const exact = (delta * 1_000_000_000n) / BigInt(hz);
      const error = exact - scaleDelta(delta, scale);
      const bound = 2n + (exact >> 29n);
      assert.ok(error >= -bound && error <= bound, `hz ${hz} delta ${delta}: off by ${error}`);
      if (hz === 2_000_000_000) assert.equal(error, 0n);
    }
  });

  it('gives back virtual time for random TSC values at 2 GHz', () => {
    const next = random(SEED + 1);
    const scale = timeScale(2_000_000_000);
    for (let i = 0; i < 2000; i++) {
      const ns = BigInt(next()) * 2000n + BigInt(next() % 1000);
      assert.equal(scaleDelta(ns * 2n, scale), ns);
      assert.equal(scaleDelta(ns * 2n + 1n, scale), ns);
    }
  });
});

describe('kvmclock page', () => {
  const page = (host: ReturnType<typeof guest>['host'], at: number) => ({
    version: host.view.getUint32(at, true),
    pad: host.view.getUint32(at + 4, true),
    tsc: host.view.getBigUint64(at + 8, true),
    system: host.view.getBigUint64(at + 16, true),
    mul: host.view.getUint32(at + 24, true),
    shift: host.view.getInt8(at + 28),
    flags: host.view.getUint8(at + 29),
  });

  it('is written when the MSR is, and reads as the vCPU wrote it', () => {
    const { kvm, host } = guest();
    host.ns = 12_345;
    host.tscOffset[1] = 1000n;
    assert.equal(kvm.writeMsr(1, SYSTEM_TIME_NEW, 0x2001n), true);
    assert.deepEqual(page(host, 0x2000), { version: 2, pad: 0, tsc: 25_690n, system: 12_345n, mul: 2 ** 31, shift: 0, flags: 1 });
    assert.equal(kvm.readMsr(1, SYSTEM_TIME_NEW), 0x2001n);
    assert.equal(kvm.readMsr(1, SYSTEM_TIME), 0x2001n);
    assert.equal(kvm.readMsr(0, SYSTEM_TIME_NEW), 0n);
  });

  it('is left alone when the enable bit is clear or no memory is there', () => {
    const { kvm, host } = guest();
    kvm.writeMsr(0, SYSTEM_TIME_NEW, 0x2000n);
    assert.ok(kvm.writeMsr(0, SYSTEM_TIME_NEW, 0xffff_f001n));
    assert.ok(kvm.writeMsr(0, SYSTEM_TIME_NEW, 0xffff_ffff_ffff_f001n));
    assert.ok(host.ram.every((byte) => byte === 0));
  });

  it('has a version that is odd while it is written and even after', () => {
    const { kvm, host } = guest();
    const seen: number[] = [];
    const write = host.memory.write;
    host.memory.write = (gpa, bytes) => {
      const done = write(gpa, bytes);
      seen.push(host.view.getUint32(0x2000, true));
      return done;
    };
    for (const [start, end] of [
      [0, 2],
      [7, 10],
      [0xffff_fffe, 0],
    ] as const) {
      seen.length = 0;
      host.view.setUint32(0x2000, start, true);
      kvm.writeMsr(0, SYSTEM_TIME_NEW, 0x2001n);
      assert.equal(seen.pop(), end);
      assert.ok(seen.length >= 2 && seen.every((version) => version % 2 === 1));
    }
  });

  it('moves its TSC stamp with the TSC', () => {
    const { kvm, host } = guest();
    kvm.writeMsr(0, SYSTEM_TIME_NEW, 0x2001n);
    host.ns = 5000;
    host.tscOffset[0] = 123n;
    kvm.tscChanged(0);
    assert.equal(page(host, 0x2000).tsc, 10_123n);
    assert.equal(page(host, 0x2000).system, 5000n);
    assert.equal(page(host, 0x2000).version, 4);
  });

  it('keeps GUEST_STOPPED', () => {
    const { kvm, host } = guest();
    host.view.setUint8(0x2000 + 29, 0xff);
    kvm.writeMsr(0, SYSTEM_TIME_NEW, 0x2001n);
    assert.equal(page(host, 0x2000).flags, 3);
  });

  it('loses the stable flag, on every vCPU, while vCPU 0 uses the old MSR', () => {
    const { kvm, host } = guest();
    kvm.writeMsr(1, SYSTEM_TIME_NEW, 0x3001n);
    assert.equal(page(host, 0x3000).flags, 1);
    kvm.writeMsr(0, SYSTEM_TIME, 0x2001n);
    assert.equal(page(host, 0x2000).flags, 0);
    assert.equal(page(host, 0x3000).flags, 0);
    kvm.writeMsr(0, SYSTEM_TIME_NEW, 0x2001n);
    assert.equal(page(host, 0x2000).flags, 1);
    assert.equal(page(host, 0x3000).flags, 1);
    kvm.writeMsr(1, SYSTEM_TIME, 0x3001n);
    assert.equal(page(host, 0x3000).flags, 1);
  });

  it('gives the wall clock at virtual time 0', () => {
    const { kvm, host } = guest();
    host.ns = 9_999_999;
    host.view.setUint32(0x4000, 3, true);
    assert.ok(kvm.writeMsr(0, WALL_CLOCK_NEW, 0x4000n));
    assert.equal(host.view.getUint32(0x4000, true), 6);
    assert.equal(BigInt(host.view.getUint32(0x4004, true)), WALL_BASE_NS / 1_000_000_000n);
    assert.equal(BigInt(host.view.getUint32(0x4008, true)), WALL_BASE_NS % 1_000_000_000n);
    assert.equal(kvm.readMsr(3, 0x11), 0x4000n);
  });
});
