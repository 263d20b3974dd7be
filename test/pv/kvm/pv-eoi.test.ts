// PV EOI: when the bit is set, what clearing it does (apic_sync_pv_eoi_to_guest and _from_guest).
import assert from 'node:assert/strict';
import { guest } from './fake-host';

const PV_EOI_EN = 0x4b56_4d04;
const WORD = 0x800;

describe('KVM PV EOI', () => {
  const start = () => {
    const made = guest();
    assert.ok(made.kvm.writeMsr(1, PV_EOI_EN, BigInt(WORD) | 1n));
    return { ...made, apic: made.host.apics[1]!, word: () => made.host.view.getUint8(WORD) };
  };

  it('sets the bit while one interrupt is in service and none waits', () => {
    const { kvm, apic, word } = start();
    kvm.entering(1);
    assert.equal(word(), 0, 'nothing in service');
    apic.inService = 0x31;
    kvm.entering(1);
    assert.equal(word(), 1);
  });

  it('does not where the EOI register must be written', () => {
    const { kvm, apic, word } = start();
    apic.inService = 0x31;
    apic.pending = true;
    kvm.entering(1);
    assert.equal(word(), 0, 'another interrupt waits');
    apic.pending = false;
    apic.broadcast = true;
    kvm.entering(1);
    assert.equal(word(), 0, 'the IOAPIC must hear of it');
  });

  it('ends the interrupt when the guest has cleared the bit by the next exit', () => {
    const { kvm, host, apic, word } = start();
    apic.inService = 0x31;
    kvm.entering(1);
    host.view.setUint8(WORD, 0);
    assert.equal(apic.eois, 0);
    kvm.exited(1);
    assert.equal(apic.eois, 1);
    assert.deepEqual(host.traced, ['interrupt-eoi 1 49 1']);
    kvm.exited(1);
    assert.equal(apic.eois, 1);
    assert.equal(word(), 0);
  });

  it('takes the bit back when the guest has not', () => {
    const { kvm, apic, word } = start();
    apic.inService = 0x31;
    kvm.entering(1);
    kvm.exited(1);
    assert.equal(apic.eois, 0);
    assert.equal(word(), 0);
    kvm.entering(1);
    assert.equal(word(), 1, 'and gives it again');
  });

  it('keeps the other bits of the byte at an exit', () => {
    const { kvm, host, apic, word } = start();
    apic.inService = 0x31;
    kvm.entering(1);
    host.view.setUint8(WORD, 0x81);
    kvm.exited(1);
    assert.equal(word(), 0x80);
  });

  it('needs an aligned address in memory', () => {
    const { kvm } = start();
    assert.equal(kvm.writeMsr(0, PV_EOI_EN, BigInt(WORD) | 3n), false);
    assert.equal(kvm.writeMsr(0, PV_EOI_EN, 0xffff_0001n), false);
    assert.equal(kvm.writeMsr(0, PV_EOI_EN, 0xffff_0000n), true, 'switched off, any address');
    assert.equal(kvm.readMsr(0, PV_EOI_EN), 0xffff_0000n);
  });
});
