// SDM vol 3, chapter 10 ("Advanced Programmable Interrupt Controller"); section numbers in the names.
import assert from 'node:assert/strict';
import { DFR, ICR, ICR2, ID, LDR, LVT_TIMER, make, SVR, TPR } from './apics';

describe('inter-processor interrupts', () => {
  const pendingOf = (all: ReturnType<typeof make>['all']) => all.map(({ apic }) => apic.pendingVector() ?? 0);

  it('10.6.1 physical destination and broadcast', () => {
    const { all, first, enable } = make(3);
    enable();
    first.write(ICR2, 0x02000000);
    first.write(ICR, 0x40);
    assert.deepEqual(pendingOf(all), [0, 0, 0x40]);
    assert.equal(first.read(ICR), 0x40, 'delivery status is idle');
    first.write(ICR2, 0xff000000);
    first.write(ICR, 0x50);
    assert.deepEqual(pendingOf(all), [0x50, 0x50, 0x50]);
  });

  it('10.6.1 shorthands: self, all, all but self', () => {
    const { all, enable } = make(3);
    enable();
    all[1]!.write(ICR, 0x40041);
    assert.deepEqual(pendingOf(all), [0, 0x41, 0]);
    all[1]!.write(ICR, 0xc0042);
    assert.deepEqual(pendingOf(all), [0x42, 0x41, 0x42]);
    all[1]!.write(ICR, 0x80043);
    assert.deepEqual(pendingOf(all), [0x43, 0x43, 0x43]);
  });

  it('10.6.2.2 logical flat and cluster destinations', () => {
    const { all, first, enable } = make(4);
    enable();
    for (const [i, { write }] of all.entries()) write(LDR, (1 << i) << 24);
    first.write(ICR2, 0x0a000000);
    first.write(ICR, 0x840);
    assert.deepEqual(pendingOf(all), [0, 0x40, 0, 0x40]);
    all.forEach(({ write }, i) => {
      write(DFR, 0x0fffffff);
      write(LDR, (((i >> 1) << 4) | (1 << (i & 1))) << 24);
    });
    first.write(ICR2, 0x13000000);
    first.write(ICR, 0x851);
    assert.deepEqual(pendingOf(all), [0, 0x40, 0x51, 0x51]);
    first.write(ICR2, 0xf1000000);
    first.write(ICR, 0x861);
    assert.deepEqual(pendingOf(all), [0x61, 0x40, 0x61, 0x51]);
  });

  it('10.6.2.4 lowest priority goes to the least busy; of equals to the lowest id', () => {
    const { all, enable, send } = make(3);
    enable();
    all[0]!.write(TPR, 0x20);
    send({ delivery: 1, destination: 0xff, logical: true, vector: 0x40 });
    assert.deepEqual(pendingOf(all), [0, 0x40, 0]);
    all[1]!.write(TPR, 0x30);
    all[1]!.write(SVR, 0xff);
    send({ delivery: 1, destination: 0xff, logical: true, vector: 0x50 });
    assert.deepEqual(pendingOf(all), [0, 0x40, 0x50]);
  });

  it('10.6.1 INIT, SIPI, NMI, SMI; INIT level de-assert sends nothing', () => {
    const { all, first } = make(2);
    all[1]!.write(LVT_TIMER, 0x55);
    all[1]!.write(TPR, 0x30);
    first.write(ICR2, 0x01000000);
    for (const low of [0xc500, 0x8500, 0x4699, 0x4400, 0x4200]) first.write(ICR, low);
    assert.deepEqual(all[1]!.cpu.log, ['init', 'startup 99', 'nmi', 'smi']);
    assert.equal(all[1]!.read(TPR), 0, '10.4.7.3: INIT resets the registers');
    assert.equal(all[1]!.read(ID), 0x01000000);
  });

  it('10.11 message-signalled interrupts', () => {
    const { all, bus, enable } = make(2);
    enable();
    assert.equal(bus.sendMsi(0xfee01000, 0x0045), 1);
    assert.deepEqual(pendingOf(all), [0, 0x45]);
    assert.equal(bus.sendMsi(0xfee07000, 0x0045), 0);
  });
});
