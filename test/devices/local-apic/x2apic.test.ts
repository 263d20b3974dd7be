// SDM vol 3, chapter 10 ("Advanced Programmable Interrupt Controller"); section numbers in the names.
import assert from 'node:assert/strict';
import { LVT_LINT0, make, SVR } from './apics';

describe('x2APIC', () => {
  it('10.12.5 transitions of IA32_APIC_BASE', () => {
    const { first } = make();
    const { apic } = first;
    assert.equal(apic.mmioBaseGpa, 0xfee00000);
    assert.equal(apic.writeApicBase(0xfee00500n), false, 'EXTD without EN');
    assert.equal(apic.writeApicBase(0xfee00901n), false, 'reserved bit');
    assert.equal(apic.writeApicBase(1n << 41n), false, 'above the physical address width');
    assert.equal(apic.writeApicBase(0xfec10900n), true);
    assert.equal(apic.mmioBaseGpa, 0xfec10000);
    assert.equal(apic.writeApicBase(0xfee00d00n), true);
    assert.equal(apic.mode, 'x2apic');
    assert.equal(apic.mmioBaseGpa, undefined);
    assert.equal(apic.writeApicBase(0xfee00900n), false, 'x2APIC to xAPIC');
    assert.equal(apic.writeApicBase(0xfee00100n), true);
    assert.equal(apic.mode, 'disabled');
    assert.equal(apic.writeApicBase(0xfee00d00n), false, 'disabled to x2APIC');
    assert.equal(apic.writeApicBase(0xfee00900n), true);
  });

  it('10.4.3 disabled: LINT0 is INTR, messages do not arrive, registers start anew', () => {
    const { first, enable, send } = make();
    enable();
    first.write(LVT_LINT0, 0x10000);
    first.apic.writeApicBase(0xfee00100n);
    assert.equal(send({ delivery: 4 }), 0);
    first.apic.setLint0(true);
    assert.equal(first.apic.acknowledge(), 0x42);
    first.apic.writeApicBase(0xfee00900n);
    assert.equal(first.read(SVR), 0xff);
  });

  it('10.12.1.2 MSR access: #GP for absent, read-only, write-only registers and reserved bits; in xAPIC mode always', () => {
    const { first, x2apic } = make();
    assert.equal(first.registers.readMsr(0x802), undefined);
    x2apic();
    const { readMsr, writeMsr } = {
      readMsr: (msr: number) => first.registers.readMsr(msr),
      writeMsr: (msr: number, value: bigint) => first.registers.writeMsr(msr, value),
    };
    assert.equal(readMsr(0x803), 0x50014n);
    for (const msr of [0x80b, 0x83f, 0x80e, 0x831, 0x809, 0x80c, 0x804, 0x8ff]) assert.equal(readMsr(msr), undefined, msr.toString(16));
    for (const msr of [0x802, 0x803, 0x80a, 0x80d, 0x810, 0x839, 0x80e]) assert.equal(writeMsr(msr, 0n), false, msr.toString(16));
    assert.equal(writeMsr(0x808, 0x100n), false);
    assert.equal(writeMsr(0x808, 1n << 32n), false);
    assert.equal(writeMsr(0x80b, 1n), false);
    assert.equal(writeMsr(0x828, 1n), false);
    assert.equal(writeMsr(0x830, 1n << 13n), false);
    assert.equal(writeMsr(0x83e, 0x4n), false);
    assert.equal(writeMsr(0x808, 0x20n), true);
    assert.equal(readMsr(0x808), 0x20n);
    assert.equal(writeMsr(0x80f, 0x1ffn), true);
  });

  it('10.12.10.2 logical ids are derived; 32-bit destinations', () => {
    const { all, first, enable, x2apic } = make(20);
    enable();
    x2apic();
    assert.equal(all[18]!.registers.readMsr(0x80d), 0x0001_0004n);
    first.registers.writeMsr(0x830, (0x0001_000cn << 32n) | 0x840n);
    assert.deepEqual(
      all.flatMap(({ apic }, id) => (apic.pendingVector() === 0x40 ? [id] : [])),
      [18, 19],
    );
    first.registers.writeMsr(0x830, (17n << 32n) | 0x41n);
    assert.equal(all[17]!.apic.pendingVector(), 0x41);
    assert.equal(first.registers.readMsr(0x830), (17n << 32n) | 0x41n);
    first.registers.writeMsr(0x830, (0xffffffffn << 32n) | 0x51n);
    assert.equal(
      all.every(({ apic }) => apic.pendingVector() === 0x51),
      true,
    );
  });

  it('10.12.11 self IPI', () => {
    const { first, enable, x2apic } = make();
    enable();
    x2apic();
    assert.equal(first.registers.writeMsr(0x83f, 0x77n), true);
    assert.equal(first.apic.acknowledge(), 0x77);
    assert.equal(first.registers.writeMsr(0x80b, 0n), true);
    assert.equal(first.apic.isrHighest(), undefined);
  });
});
