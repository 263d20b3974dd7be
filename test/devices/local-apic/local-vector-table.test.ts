// SDM vol 3, chapter 10 ("Advanced Programmable Interrupt Controller"); section numbers in the names.
import assert from 'node:assert/strict';
import { EOI, LVT_LINT0, LVT_LINT1, make } from './apics';

describe('local vector table', () => {
  it('10.5.1 LINT0 as ExtINT passes the PIC on, before own interrupts and without ISR', () => {
    const { first, enable, send } = make();
    enable();
    send({ vector: 0xf0 });
    first.apic.setLint0(true);
    assert.equal(first.apic.acknowledge(), 0x42);
    assert.equal(first.apic.isrHighest(), undefined);
    assert.equal(first.apic.acknowledge(), 0xf0);
    first.write(LVT_LINT0, 0x10700);
    first.apic.setLint0(true);
    assert.equal(first.cpu.pending, false);
    first.write(LVT_LINT0, 0x700);
    assert.equal(first.cpu.pending, true, 'a level, not an edge');
  });

  it('10.5.1 LINT1 as NMI, LINT0 as fixed edge', () => {
    const { first, enable } = make();
    enable();
    first.write(LVT_LINT1, 0x400);
    first.apic.setLint1(true);
    first.apic.setLint1(true);
    assert.deepEqual(first.cpu.log, ['nmi']);
    first.write(LVT_LINT0, 0x55);
    first.apic.setLint0(true);
    assert.equal(first.apic.acknowledge(), 0x55);
  });

  it('10.5.1 LINT0 as fixed level holds remote IRR until EOI and comes again', () => {
    const { first, enable } = make();
    enable();
    first.write(LVT_LINT0, 0x8055);
    first.apic.setLint0(true);
    assert.equal(first.read(LVT_LINT0), 0xc055);
    first.apic.acknowledge();
    first.write(EOI, 0);
    assert.equal(first.cpu.pending, true);
    first.apic.acknowledge();
    first.apic.setLint0(false);
    first.write(EOI, 0);
    assert.equal(first.read(LVT_LINT0), 0x8055);
    assert.equal(first.cpu.pending, false);
  });

  it('an ExtINT message of the I/O APIC is acknowledged at the PIC', () => {
    const { first, send } = make();
    first.write(LVT_LINT0, 0x10000);
    send({ delivery: 7 });
    assert.equal(first.cpu.pending, true);
    assert.equal(first.apic.acknowledge(), 0x42);
    assert.equal(first.cpu.pending, false);
  });
});
