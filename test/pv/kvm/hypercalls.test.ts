// KVM hypercalls as Linux 6.1 arch/x86/kvm/x86.c (kvm_emulate_hypercall) answers them.
import assert from 'node:assert/strict';
import { guest, WALL_BASE_NS } from './fake-host';

const ENOSYS = -1000n;
const KICK_CPU = 5;
const CLOCK_PAIRING = 9;
const SEND_IPI = 10;
const SCHED_YIELD = 11;

describe('KVM CPUID', () => {
  it('shows the signature and the features that work', () => {
    const { kvm } = guest();
    assert.deepEqual(kvm.cpuid(0, 0x4000_0000), { eax: 0x4000_0001, ebx: 0x4b4d564b, ecx: 0x564b4d56, edx: 0x4d });
    assert.deepEqual(kvm.cpuid(0, 0x4000_0001), { eax: 0x0100_3aeb, ebx: 0, ecx: 0, edx: 0 });
    assert.equal(kvm.cpuid(0, 0x4000_0002), undefined);
  });

  it('hides what the configuration hides', () => {
    const { kvm, call } = guest({ without: ['PV_SEND_IPI', 'STEAL_TIME'] });
    assert.equal(kvm.cpuid(0, 0x4000_0001)!.eax, 0x0100_3aeb & ~(1 << 11) & ~(1 << 5));
    assert.equal(call(SEND_IPI, [1, 0, 0, 0xfd]), ENOSYS);
    assert.equal(kvm.writeMsr(0, 0x4b56_4d03, 0x1001n), false);
    assert.equal(kvm.readMsr(0, 0x4b56_4d03), undefined);
  });
});

describe('KVM hypercalls', () => {
  it('are refused outside CPL 0 with -KVM_EPERM', () => {
    const { call, host } = guest();
    for (const cpl of [1, 2, 3]) assert.equal(call(SEND_IPI, [1, 0, 0, 0xfd], { cpl }), -1n);
    assert.equal(call(999, [], { cpl: 3 }), -1n);
    assert.deepEqual(host.log, []);
  });

  it('refuse unknown, foreign and hidden calls with -KVM_ENOSYS', () => {
    const { call } = guest();
    for (const nr of [0, 2, 3, 4, 6, 7, 8, 12, 13, 1000, 2n ** 63n, 2n ** 32n + 1n]) assert.equal(call(nr), ENOSYS, `${nr}`);
  });

  it('truncate number, arguments and result to 32 bits outside 64-bit mode', () => {
    const { call, host } = guest();
    const high = 0xdead_beef_0000_0000n;
    assert.equal(call(high + 1n, [], { mode: '32-bit' }), 0n);
    assert.equal(call(high + 77n, [], { mode: '32-bit' }), 0xffff_fc18n);
    assert.equal(call(high + BigInt(SEND_IPI), [high + 3n, high, high, high + 0xfdn], { mode: '32-bit' }), 2n);
    assert.deepEqual(host.log, ['ipi 0>0 0xfd', 'ipi 0>1 0xfd']);
  });

  it('VAPIC_POLL_IRQ returns 0', () => {
    assert.equal(guest().call(1), 0n);
  });

  it('KICK_CPU wakes a halted vCPU by APIC id and offers it the time', () => {
    const { call, host, kvm } = guest();
    host.apicIds = new Map([
      [0, 0],
      [8, 2],
    ]);
    host.halted.add(2);
    host.waiting.add(2);
    assert.equal(call(KICK_CPU, [0, 8]), 0n);
    assert.deepEqual(host.log, ['wake 2 by 0', 'yield 0>2']);
    assert.equal(kvm.haltReturns(2), false);
    assert.equal(call(KICK_CPU, [0, 77]), 0n, 'nobody has this id');
    assert.equal(host.log.length, 2);
  });

  it('KICK_CPU before the HLT is not lost', () => {
    const { call, kvm } = guest();
    assert.equal(call(KICK_CPU, [0, 1]), 0n);
    assert.equal(kvm.haltReturns(1), true);
    assert.equal(kvm.haltReturns(1), false);
  });

  it('SCHED_YIELD yields only to a waiting other vCPU', () => {
    const { call, host } = guest();
    host.waiting.add(1).add(0);
    assert.equal(call(SCHED_YIELD, [1]), 0n);
    assert.equal(call(SCHED_YIELD, [2]), 0n, 'running');
    assert.equal(call(SCHED_YIELD, [0]), 0n, 'itself');
    assert.equal(call(SCHED_YIELD, [99]), 0n, 'nobody');
    assert.deepEqual(host.log, ['yield 0>1']);
    assert.deepEqual(host.traced, ['yield-to 0 1 1', 'yield-to 0 2 0']);
  });

  it('CLOCK_PAIRING writes wall clock and TSC of one instant', () => {
    const { call, host } = guest();
    host.ns = 2_500_000_000;
    host.tscOffset[0] = 17n;
    host.ram.fill(0xff, 0x100, 0x140);
    assert.equal(call(CLOCK_PAIRING, [0x100, 0]), 0n);
    const wall = WALL_BASE_NS + 2_500_000_000n;
    assert.equal(host.view.getBigInt64(0x100, true), wall / 1_000_000_000n);
    assert.equal(host.view.getBigInt64(0x108, true), wall % 1_000_000_000n);
    assert.equal(host.view.getBigUint64(0x110, true), 5_000_000_017n);
    assert.deepEqual(host.ram.slice(0x118, 0x140), new Uint8Array(40));
    assert.equal(call(CLOCK_PAIRING, [0x100, 1]), -95n, 'another clock');
    assert.equal(call(CLOCK_PAIRING, [0xffff_0000, 0]), -14n, 'no memory');
    assert.equal(call(CLOCK_PAIRING, [2n ** 63n, 0]), -14n, 'no address');
  });
});

describe('KVM SEND_IPI', () => {
  const targets = (log: string[]) => log.map((line) => Number(/>(\d+)/.exec(line)![1]));

  it('sends to the set bits of both bitmaps, from min on', () => {
    const { call, host } = guest({}, 130);
    assert.equal(call(SEND_IPI, [0b1001n | (1n << 63n), 0b11n, 1, 0xfd]), 5n);
    assert.deepEqual(targets(host.log), [1, 4, 64, 65, 66]);
    assert.equal(host.traced[0], 'ipi 0 1 253 0 2');
  });

  it('puts the high bitmap 32 further for a 32-bit caller', () => {
    const { call, host } = guest({}, 70);
    assert.equal(call(SEND_IPI, [1, 1, 2, 0xfd], { mode: '32-bit' }), 2n);
    assert.deepEqual(targets(host.log), [2, 34]);
  });

  it('counts only vCPUs that exist and take it', () => {
    const { call, host } = guest();
    host.refuses.add(2);
    assert.equal(call(SEND_IPI, [2n ** 64n - 1n, 2n ** 64n - 1n, 0, 0xfd]), 3n);
    assert.deepEqual(targets(host.log), [0, 1, 2, 3]);
    host.log.length = 0;
    assert.equal(call(SEND_IPI, [0b111, 0, 0xffff_ffff, 0xfd]), 2n, 'min wraps as u32');
    assert.deepEqual(targets(host.log), [0, 1]);
  });

  it('passes the delivery mode and refuses logical mode and shorthands', () => {
    const { call, host } = guest();
    assert.equal(call(SEND_IPI, [2, 0, 0, 0x400]), 1n);
    assert.deepEqual(host.log, ['ipi 0>1 0x400']);
    for (const icr of [0x8fd, 0x4_00fd, 0x8_00fd, 0xc_00fd]) assert.equal(call(SEND_IPI, [2, 0, 0, icr]), -22n);
    assert.equal(host.log.length, 1);
  });
});
