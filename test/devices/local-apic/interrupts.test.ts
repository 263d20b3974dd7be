// SDM vol 3, chapter 10 ("Advanced Programmable Interrupt Controller"); section numbers in the names.
import assert from 'node:assert/strict';
import {
  CURRENT,
  DFR,
  DIVIDE,
  EOI,
  ESR,
  ICR,
  ID,
  INITIAL,
  IRR,
  ISR,
  LDR,
  LVT_ERROR,
  LVT_LINT0,
  LVT_LINT1,
  LVT_TIMER,
  make,
  PPR,
  SVR,
  TMR,
  TPR,
  VERSION,
} from './apics';

describe('local APIC', () => {
  it('10.4.7.1 state after power-up', () => {
    const { first, all } = make(2);
    const { read } = first;
    assert.deepEqual(
      [ID, VERSION, TPR, PPR, LDR, DFR, SVR, LVT_TIMER, LVT_LINT1, ESR, ICR, INITIAL, CURRENT, DIVIDE].map(read),
      [0, 0x50014, 0, 0, 0, 0xffffffff, 0xff, 0x10000, 0x10000, 0, 0, 0, 0, 0],
    );
    assert.equal(read(LVT_LINT0), 0x700, 'virtual wire mode, as firmware leaves it');
    assert.equal(all[1]!.read(LVT_LINT0), 0x10000);
    assert.equal(all[1]!.read(ID), 0x01000000);
    assert.equal(first.apic.apicBase, 0xfee00900n);
    assert.equal(all[1]!.apic.apicBase, 0xfee00800n);
  });

  it('10.8.4 an accepted interrupt is in IRR, then in ISR, then gone', () => {
    const { first, enable, send } = make();
    enable();
    assert.equal(send({ vector: 0x61 }), 1);
    assert.equal(first.cpu.pending, true);
    assert.equal(first.apic.pendingVector(), 0x61);
    assert.equal(first.read(IRR + 0x30), 2);
    assert.equal(first.apic.acknowledge(), 0x61);
    assert.equal(first.cpu.pending, false);
    assert.deepEqual([first.read(IRR + 0x30), first.read(ISR + 0x30), first.read(PPR)], [0, 2, 0x60]);
    first.write(EOI, 0);
    assert.deepEqual([first.read(ISR + 0x30), first.read(PPR)], [0, 0]);
  });

  it('10.8.3 priority classes: only a higher class interrupts; TPR and CR8', () => {
    const { first, enable, send } = make();
    enable();
    send({ vector: 0x51 });
    first.apic.acknowledge();
    send({ vector: 0x5f });
    assert.equal(first.cpu.pending, false, 'same class');
    send({ vector: 0x60 });
    assert.equal(first.apic.acknowledge(), 0x60);
    first.write(TPR, 0x65);
    assert.equal(first.read(PPR), 0x65, 'TPR wins an equal class with its sub-class');
    first.apic.cr8 = 7;
    assert.equal(first.read(TPR), 0x70);
    send({ vector: 0x7f });
    assert.equal(first.cpu.pending, false);
    first.apic.cr8 = 0;
    assert.equal(first.cpu.pending, true);
    first.write(TPR, 0xff);
    assert.equal(first.cpu.pending, false);
    assert.equal(first.apic.cr8, 15);
  });

  it('10.9 the spurious vector when the request cannot be taken any more; no ISR bit, no EOI', () => {
    const { first, enable, send } = make();
    enable();
    first.write(SVR, 0x1ef);
    send({ vector: 0x40 });
    first.write(TPR, 0x40);
    assert.equal(first.apic.acknowledge(), 0xef);
    assert.equal(first.apic.isrHighest(), undefined);
    assert.equal(first.apic.irrHighest(), 0x40);
  });

  it('10.4.7.2 software-disabled: no fixed interrupts, LVT stays masked, NMI and INIT are taken', () => {
    const { first, enable, send } = make();
    assert.equal(send({}), 0);
    assert.equal(send({ delivery: 4 }), 1);
    assert.equal(send({ delivery: 5 }), 1);
    assert.deepEqual(first.cpu.log, ['nmi', 'init']);
    first.write(LVT_TIMER, 0x40);
    assert.equal(first.read(LVT_TIMER), 0x10040);
    enable();
    first.write(LVT_TIMER, 0x40);
    first.write(SVR, 0xff);
    assert.equal(first.read(LVT_TIMER), 0x10040);
  });

  it('10.8.5 EOI of a level-triggered interrupt is broadcast, of an edge is not', () => {
    const { first, enable, send, eois } = make();
    enable();
    send({ vector: 0x31, levelTriggered: true });
    assert.equal(first.read(TMR + 0x10), 1 << 17);
    first.apic.acknowledge();
    first.write(EOI, 0);
    assert.deepEqual(eois, [0x31]);
    send({ vector: 0x31 });
    assert.equal(first.read(TMR + 0x10), 0);
    first.apic.acknowledge();
    first.write(EOI, 0);
    first.write(EOI, 0);
    assert.deepEqual(eois, [0x31]);
  });

  it('10.5.3 errors: illegal vectors, illegal registers; ESR shows them after a write', () => {
    const { first, enable, send } = make();
    enable();
    first.write(LVT_ERROR, 0xfe);
    assert.equal(send({ vector: 0x0f }), 0);
    assert.equal(first.apic.acknowledge(), 0xfe);
    first.write(EOI, 0);
    assert.equal(first.read(ESR), 0);
    first.write(ESR, 0);
    assert.equal(first.read(ESR), 0x40);
    first.write(ICR, 0x00040005); // fixed, self, vector 5
    first.read(0x40);
    first.write(0x3f0, 0x55);
    first.write(ESR, 0);
    assert.equal(first.read(ESR), 0xa0);
    first.write(ESR, 0);
    assert.equal(first.read(ESR), 0);
    first.write(LVT_ERROR, 0x02); // its own vector is illegal: logged once, no recursion
    first.read(0x40);
    first.write(ESR, 0);
    assert.equal(first.read(ESR), 0xc0);
  });

  it('10.4.1 only aligned 32-bit writes count; narrow reads see their part', () => {
    const { first } = make();
    first.registers.writeMmio(TPR, 1, 0x55);
    first.registers.writeMmio(TPR + 4, 4, 0x55);
    assert.equal(first.read(TPR), 0);
    assert.equal(first.registers.readMmio(VERSION + 2, 2), 5);
    assert.equal(first.registers.readMmio(VERSION + 4, 4), 0);
  });
});
