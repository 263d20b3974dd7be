import assert from 'node:assert/strict';
import { ApicRegisters } from '../../src/devices/local-apic/register-access';
import { makeChipset } from './make-chipset';

const make = makeChipset;

describe('chipset', () => {
  it('every device has a name of its own and its ranges do not overlap', () => {
    const { chipset } = make();
    const names = chipset.devices.map((device) => device.name);
    assert.equal(new Set(names).size, names.length);
    assert.equal(chipset.portBus.find(0x3fd)?.name, 'uart0');
    assert.equal(chipset.mmioBus.find(0xfec00010)?.name, 'io-apic');
  });

  it('serial and debug console print; word output to the UART is split as on the ISA bus', () => {
    const { out, serial, debugConsole, chipset } = make();
    out(0x3f8, 0x41);
    out(0xe9, 0x42);
    assert.deepEqual([serial.text, debugConsole.text], ['A', 'B']);
    chipset.portBus.write(0x3f8, 2, 0x0243);
    assert.equal(serial.text, 'AC');
    assert.equal(chipset.portBus.read(0x3f9, 1), 0x02);
  });

  it('unclaimed ports are reported and read as ones', () => {
    const { inb, out, unclaimed } = make();
    assert.equal(inb(0x2f8), 0xff);
    out(0x520, 1);
    assert.deepEqual(
      unclaimed.map(({ address, written }) => [address, written]),
      [
        [0x2f8, undefined],
        [0x520, 1],
      ],
    );
  });

  it('the PIT reaches the first processor through the PIC in virtual wire mode', () => {
    const { time, cpus, chipset, initialisePics, out } = make();
    initialisePics();
    out(0x43, 0x34);
    out(0x40, 0xa9);
    out(0x40, 0x04); // 1193: about a millisecond
    const seen: number[] = [];
    for (let ms = 0; ms < 10; ms++) {
      time.advance(1_000_000);
      if (!cpus[0]!.pending) continue;
      seen.push(chipset.localApics[0]!.acknowledge());
      out(0x20, 0x20);
    }
    assert.deepEqual([...new Set(seen)], [0x20]);
    assert.equal(seen.length >= 9, true);
    assert.equal(cpus[1]!.pending, false);
  });

  it('a timer that is masked, or latched already, makes no events; its edge is in the PIC all the same', () => {
    const { time, chipset, out, inb, initialisePics, cpus } = make();
    assert.equal(time.deadlineOf('pit.channel0'), undefined);
    initialisePics();
    const running = () => time.deadlineOf('pit.channel0') !== undefined;
    assert.equal(running(), true);
    time.advance(100_000_000);
    assert.deepEqual([cpus[0]!.pending, running()], [true, false], 'one is latched: more edges change nothing');
    assert.equal(chipset.localApics[0]!.acknowledge(), 0x20);
    assert.equal(running(), true);
    out(0x21, 0xff);
    assert.equal(running(), false);
    out(0x20, 0x20);
    time.advance(100_000_000);
    out(0x20, 0x0a);
    assert.equal(inb(0x20) & 1, 1);
    assert.equal(cpus[0]!.pending, false);
    out(0x21, 0xfe);
    assert.equal(cpus[0]!.pending, true);
  });

  it('the same wire reaches pin 2 of the I/O APIC, and a level-triggered one waits for the EOI', () => {
    const { time, cpus, chipset, out, inb } = make();
    const { mmioBus, localApics } = chipset;
    const redirect = (pin: number, low: number, apicId: number) => {
      mmioBus.write(0xfec00000, 4, 0x11 + pin * 2);
      mmioBus.write(0xfec00010, 4, apicId << 24);
      mmioBus.write(0xfec00000, 4, 0x10 + pin * 2);
      mmioBus.write(0xfec00010, 4, low);
    };
    localApics.forEach((apic) => {
      new ApicRegisters(apic).writeMmio(0xf0, 4, 0x1ff);
    });
    redirect(2, 0x50, 1);
    time.advance(100_000_000);
    assert.equal(cpus[1]!.pending, true);
    assert.equal(localApics[1]!.acknowledge(), 0x50);
    localApics[1]!.eoi();
    redirect(2, 0x10000, 0);
    redirect(4, 0x8054, 0);
    out(0x3f9, 0x01);
    chipset.serial.receive(0x61);
    assert.equal(localApics[0]!.acknowledge(), 0x54);
    localApics[0]!.eoi();
    assert.equal(cpus[0]!.pending, true, 'the character is still there');
    localApics[0]!.acknowledge();
    assert.equal(inb(0x3f8), 0x61);
    localApics[0]!.eoi();
    assert.equal(cpus[0]!.pending, false);
  });

  it('the PIC reaches any processor by ExtINT on pin 0', () => {
    const { cpus, chipset, initialisePics, out } = make();
    initialisePics();
    out(0x21, 0xef);
    chipset.mmioBus.write(0xfec00000, 4, 0x11);
    chipset.mmioBus.write(0xfec00010, 4, 1 << 24);
    chipset.mmioBus.write(0xfec00000, 4, 0x10);
    chipset.mmioBus.write(0xfec00010, 4, 0x700);
    out(0x3f9, 0x01);
    chipset.serial.receive(0x61);
    assert.equal(cpus[1]!.pending, true);
    assert.equal(chipset.localApics[1]!.acknowledge(), 0x24);
  });

  it('exit and reset requests arrive at the power port', () => {
    const { chipset, out, power } = make();
    chipset.portBus.write(0xf4, 4, 0x10);
    out(0xcf9, 0x06);
    out(0x64, 0xfe);
    assert.deepEqual(power.log, ['exit 16', 'reset by port 0xcf9', 'reset by keyboard controller']);
  });

  it('saves and restores the whole; both go on alike', () => {
    const a = make();
    a.initialisePics();
    a.out(0x3f9, 0x03);
    a.chipset.serial.receive(0x61);
    a.out(0x70, 0x0b);
    a.out(0x71, 0x42);
    a.time.advance(123_456_789);
    const b = make();
    b.time.restoreFrom(a.time);
    b.chipset.restore(structuredClone(a.chipset.save()));
    assert.deepEqual(b.chipset.save(), a.chipset.save());
    for (const { time } of [a, b]) time.advance(77_000_000);
    assert.deepEqual(b.chipset.save(), a.chipset.save());
    a.chipset.reset();
    b.chipset.reset();
    assert.deepEqual(b.chipset.save(), a.chipset.save());
  });
});
