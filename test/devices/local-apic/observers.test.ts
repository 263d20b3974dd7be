// SDM vol 3, chapter 10 ("Advanced Programmable Interrupt Controller"); section numbers in the names.
import assert from 'node:assert/strict';
import type { DeliveryMode } from '../../../src/devices/local-apic/messages';
import { CURRENT, EOI, ICR, ICR2, INITIAL, LVT_TIMER, make } from './apics';

describe('paravirtual EOI hooks', () => {
  it('the observer hears acknowledges, and can make an EOI real before the APIC is used', () => {
    const { first, enable, send } = make();
    enable();
    const log: string[] = [];
    let guestEnded = false;
    first.apic.setEoiObserver({
      onAcknowledge: (vector, level) => log.push(`${vector.toString(16)} ${level}`),
      beforeUse: () => {
        if (!guestEnded) return;
        guestEnded = false;
        first.apic.eoi();
      },
    });
    send({ vector: 0x51 });
    first.apic.acknowledge();
    assert.deepEqual(first.apic.isrHighest(), { vector: 0x51, levelTriggered: false });
    assert.equal(first.apic.irrHighest(), undefined);
    guestEnded = true; // in memory only
    send({ vector: 0x52 });
    assert.equal(first.cpu.pending, true, 'the old interrupt of the same class ended before the new one was judged');
    assert.equal(first.apic.acknowledge(), 0x52);
    assert.deepEqual(log, ['51 false', '52 false']);
  });
});

describe('local APIC observer', () => {
  it('hears of IPIs per target, of accepted and of ended interrupts', () => {
    const { all, first, enable, send, observed } = make(3);
    enable();
    first.write(ICR, 0xc0040); // all but self
    first.write(ICR2, 0x05000000);
    first.write(ICR, 0x41);
    first.write(ICR, 0x40042);
    send({ vector: 0x50, destination: 1, levelTriggered: true });
    all[1]!.apic.acknowledge();
    all[1]!.write(EOI, 0);
    all[1]!.write(EOI, 0);
    assert.deepEqual(observed, [
      '0 sends 40 mode 0 to 1 via icr',
      '0 sends 40 mode 0 to 2 via icr',
      '1 takes 40 level false from 0',
      '2 takes 40 level false from 0',
      '0 sends 41 mode 0 to - via icr',
      '0 sends 42 mode 0 to 0 via self',
      '0 takes 42 level false from 0',
      '1 takes 50 level true from -',
      '1 ends 50',
    ]);
  });
});

describe('local APIC state', () => {
  it('saves and restores to the bit, the timer running', () => {
    const { time, first, enable, send } = make();
    enable();
    first.write(LVT_TIMER, 0x20040);
    first.write(INITIAL, 1000);
    send({ vector: 0x61 });
    first.apic.acknowledge();
    send({ vector: 0x33 as number, delivery: 0 as DeliveryMode, levelTriggered: true });
    time.advance(12_345);
    const other = make();
    other.time.restoreFrom(time);
    other.first.apic.restore(first.apic.save());
    assert.deepEqual(other.first.apic.save(), first.apic.save());
    assert.equal(other.first.read(CURRENT), first.read(CURRENT));
    for (const each of [time, other.time]) each.advance(40_000);
    assert.deepEqual(other.first.apic.save(), first.apic.save());
    first.apic.reset();
    assert.deepEqual(first.apic.save(), make().first.apic.save());
  });
});
