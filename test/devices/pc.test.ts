// The machine "pc": PCI Local Bus 3.0, ACPI 6.5 fixed hardware, IA-PC HPET 1.0a, at the places where a guest finds them.
import assert from 'node:assert/strict';
import { makeChipset } from './make-chipset';

const pc = () => makeChipset({ machine: 'pc' });

describe('PCI configuration ports', () => {
  const make = () => {
    const all = pc();
    const { portBus } = all.chipset;
    const select = (device: number, func: number, register: number) =>
      portBus.write(0xcf8, 4, (0x80000000 | (device << 11) | (func << 8) | register) >>> 0);
    const read = (device: number, func: number, register: number, size: 1 | 2 | 4 = 4) => {
      select(device, func, register & ~3);
      return portBus.read(0xcfc + (register & 3), size);
    };
    const write = (device: number, func: number, register: number, size: 1 | 2 | 4, value: number) => {
      select(device, func, register & ~3);
      portBus.write(0xcfc + (register & 3), size, value);
    };
    return { ...all, portBus, read, write };
  };

  it('3.2.2.3.2 mechanism #1 is found, and lists the functions of the chip sets', () => {
    const { portBus, read } = make();
    portBus.write(0xcf8, 4, 0x80000000);
    assert.equal(portBus.read(0xcf8, 4), 0x80000000);
    const found: string[] = [];
    for (let device = 0; device < 32; device++) {
      for (let func = 0; func < 8; func++) {
        const id = read(device, func, 0);
        if (id !== 0xffffffff) found.push(`${device}.${func} ${id.toString(16)} ${(read(device, func, 8) >>> 8).toString(16)}`);
      }
    }
    assert.deepEqual(found, ['0.0 12378086 60000', '1.0 70008086 60100', '1.3 71138086 68000', '4.0 51b36 ff00']);
    assert.equal(read(1, 0, 0x0e, 1), 0x80, 'multi-function');
    assert.equal(read(1, 3, 0x40), 0x601);
    portBus.write(0xcf8, 4, 0x00000000);
    assert.equal(portBus.read(0xcfc, 4), 0xffffffff, 'not enabled');
    portBus.write(0xcf8, 4, 0x80010000);
    assert.equal(portBus.read(0xcfc, 4), 0xffffffff, 'no other bus');
  });

  it('6.2.5.1 a BAR tells its size, moves, and is off with its bit of the command register', () => {
    const { chipset, read, write } = make();
    const { mmioBus } = chipset;
    write(4, 0, 0x10, 4, 0xffffffff);
    assert.equal(read(4, 0, 0x10), 0xfffff000);
    write(4, 0, 0x10, 4, 0xfe000000);
    assert.equal(mmioBus.find(0xfe000010)?.name, 'pci-testdev.bar0');
    assert.equal(mmioBus.find(0xfebf0000), undefined);
    write(4, 0, 0x04, 2, 0x0001);
    assert.equal(mmioBus.find(0xfe000010), undefined);
    write(4, 0, 0x04, 2, 0x0003);
    const copy = pc();
    copy.chipset.restore(structuredClone(chipset.save()));
    assert.equal(copy.chipset.mmioBus.find(0xfe000010)?.name, 'pci-testdev.bar0');
    write(4, 0, 0x10, 4, 0xfec00000);
    assert.equal(mmioBus.find(0xfec00000)?.name, 'io-apic', 'a BAR on another device decodes nothing');
    chipset.reset();
    assert.equal(mmioBus.find(0xfebf0000)?.name, 'pci-testdev.bar0');
  });

  it('the reset control register is the byte at 0xcf9', () => {
    const { portBus, power } = make();
    portBus.write(0xcf8, 4, 0x80000600);
    portBus.write(0xcf9, 1, 0x02);
    assert.deepEqual(power.log, []);
    portBus.write(0xcf9, 1, 0x06);
    assert.deepEqual(power.log, ['reset by port 0xcf9']);
  });
});

describe('ACPI fixed hardware', () => {
  it('4.8.2.1 the PM timer counts 3.579545 MHz in 24 bits', () => {
    const { chipset, time } = pc();
    const timer = () => chipset.portBus.read(0x608, 4);
    assert.equal(timer(), 0);
    time.advance(1_000_000_000);
    assert.equal(timer(), 3_579_545);
    time.advance(4_000_000_000);
    assert.equal(timer(), 5 * 3_579_545 + 2 - 0x1000000, 'exactly 315/88 MHz');
  });

  it('4.8.3.1 TMR_STS at each change of the highest bit; the SCI is IRQ 9 while enabled, cleared by writing 1', () => {
    const { chipset, time, cpus, initialisePics, out } = pc();
    const { portBus } = chipset;
    initialisePics();
    out(0x21, 0xfb);
    out(0xa1, 0xfd);
    portBus.write(0x602, 2, 0x0001);
    time.advance(2_343_000_000);
    assert.equal(cpus[0]!.pending, false);
    time.advance(1_000_000);
    assert.equal(cpus[0]!.pending, true, '2^23 ticks are 2.3435 s');
    assert.equal(portBus.read(0x600, 2), 0x0001);
    portBus.write(0x600, 2, 0x0001);
    assert.equal(portBus.read(0x600, 2), 0);
    portBus.write(0x602, 2, 0x0000);
    time.advance(2_344_000_000);
    assert.equal(portBus.read(0x600, 2), 0x0001, 'the status is set without being enabled');
  });

  it('4.8.3.2 SLP_EN with the type of S5 powers off, other types do not; ACPI mode is on', () => {
    const { chipset, power } = pc();
    const { portBus } = chipset;
    assert.equal(portBus.read(0x604, 2), 1);
    portBus.write(0x604, 2, 0x2400);
    assert.deepEqual(power.log, []);
    portBus.write(0x604, 2, 0x2000);
    assert.deepEqual(power.log, ['off by ACPI PM1 control']);
  });

  it('4.8.3.1.2 the enables of timer, global lock, power button and clock alarm keep what is written, others stay 0', () => {
    const { portBus } = pc().chipset;
    portBus.write(0x602, 2, 0xffff);
    assert.equal(portBus.read(0x602, 2), 0x0521);
    portBus.write(0x602, 2, 0x0400);
    assert.equal(portBus.read(0x602, 2), 0x0400);
  });

  it('4.8.2.2 the power button is an event for a guest that has enabled it', () => {
    const { chipset } = pc();
    const { acpiPm } = chipset;
    assert.equal(acpiPm.listensToPowerButton, false);
    chipset.portBus.write(0x602, 2, 0x0100);
    assert.equal(acpiPm.listensToPowerButton, true);
    acpiPm.pressPowerButton();
    assert.equal(chipset.portBus.read(0x600, 2), 0x0100);
  });
});

describe('HPET', () => {
  const make = () => {
    const all = pc();
    const { mmioBus } = all.chipset;
    const read = (offset: number) => mmioBus.read(0xfed00000 + offset, 4);
    const write = (offset: number, value: number) => mmioBus.write(0xfed00000 + offset, 4, value);
    const redirect = (pin: number, low: number) => {
      mmioBus.write(0xfec00000, 4, 0x10 + 2 * pin);
      mmioBus.write(0xfec00010, 4, low);
    };
    mmioBus.write(0xfec00000, 4, 0);
    return { ...all, read, write, redirect };
  };

  it('2.3.4 capabilities: 10 ns, 64 bits, three timers, legacy replacement', () => {
    const { read } = make();
    assert.deepEqual([read(0), read(4)], [0x8086a201, 10_000_000]);
  });

  it('2.3.7 the counter runs while it is enabled, and can be set while it is not', () => {
    const { read, write, time } = make();
    time.advance(1000);
    assert.equal(read(0xf0), 0);
    write(0xf4, 1);
    write(0x10, 1);
    time.advance(1_000_000);
    assert.deepEqual([read(0xf0), read(0xf4)], [100_000, 1]);
    write(0xf0, 5);
    assert.equal(read(0xf0), 100_000);
    write(0x10, 0);
    time.advance(1000);
    assert.equal(read(0xf0), 100_000);
  });

  it('2.3.9.2.2 periodic mode with legacy replacement: IRQ 0 at the period, and the PIT is silent', () => {
    const { write, time, cpus, chipset, initialisePics, out } = make();
    initialisePics();
    out(0x21, 0xfe);
    write(0x100, 0x14c); // 32 bits, value set, periodic, enabled
    write(0x108, 100_000);
    write(0x108, 100_000);
    write(0x10, 3);
    let count = 0;
    for (let tick = 0; tick < 1000; tick++) {
      time.advance(100_000);
      if (!cpus[0]!.pending) continue;
      count++;
      assert.equal(chipset.localApics[0]!.acknowledge(), 0x20);
      out(0x20, 0x20);
    }
    assert.equal(count, 100, 'one in a millisecond; the PIT would have made 5 in 100 ms more');
  });

  it('2.3.8 one-shot and level-triggered on a pin of the I/O APIC: the status bit holds the wire until it is cleared', () => {
    const { read, write, time, redirect, chipset, cpus } = make();
    chipset.apicRegisters[0]!.writeMmio(0xf0, 4, 0x1ff);
    redirect(20, 0x8061);
    write(0x120, (20 << 9) | 0x06);
    write(0x128, 50);
    write(0x12c, 0);
    write(0x10, 1);
    time.advance(499);
    assert.deepEqual([cpus[0]!.pending, read(0x20)], [false, 0]);
    time.advance(1);
    assert.deepEqual([cpus[0]!.pending, read(0x20)], [true, 2]);
    assert.equal(chipset.localApics[0]!.acknowledge(), 0x61);
    chipset.localApics[0]!.eoi();
    assert.equal(cpus[0]!.pending, true, 'still asserted');
    chipset.localApics[0]!.acknowledge();
    write(0x20, 2);
    chipset.localApics[0]!.eoi();
    assert.equal(cpus[0]!.pending, false);
  });
});
