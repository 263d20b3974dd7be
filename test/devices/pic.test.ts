// Intel 8259A data sheet (231468).
import assert from 'node:assert/strict';
import { PicPair } from '../../src/devices/pic';
import { FakeLine } from './fakes';

const MASTER_VECTORS = 0x20;
const SLAVE_VECTORS = 0x28;

function make(icw4 = 0x01) {
  const intr = new FakeLine();
  const pic = new PicPair(intr);
  const chips = [pic.masterPorts, pic.slavePorts] as const;
  const command = (chip: 0 | 1, value: number) => chips[chip].writePort(0, 1, value);
  const data = (chip: 0 | 1, value: number) => chips[chip].writePort(1, 1, value);
  const initialise = (chip: 0 | 1) => {
    command(chip, 0x11);
    data(chip, chip === 0 ? MASTER_VECTORS : SLAVE_VECTORS);
    data(chip, chip === 0 ? 0x04 : 0x02);
    data(chip, icw4);
    data(chip, 0x00);
  };
  initialise(0);
  initialise(1);
  const pulse = (irq: number) => {
    pic.setIrq(irq, true);
    pic.setIrq(irq, false);
  };
  const readIsr = (chip: 0 | 1) => {
    command(chip, 0x0b);
    return chips[chip].readPort(0, 1);
  };
  const readIrr = (chip: 0 | 1) => {
    command(chip, 0x0a);
    return chips[chip].readPort(0, 1);
  };
  return { intr, pic, command, data, chips, pulse, readIsr, readIrr };
}

describe('8259A pair', () => {
  it('everything is masked before a kernel initialises it', () => {
    const pic = new PicPair(new FakeLine());
    pic.setIrq(0, true);
    assert.equal(pic.interruptPending, false);
  });

  it('an edge is latched, acknowledged with its vector and ended by EOI', () => {
    const { intr, pic, pulse, command, readIsr, readIrr } = make();
    pulse(4);
    assert.equal(intr.level, true);
    assert.equal(readIrr(0), 0x10);
    assert.equal(pic.acknowledge(), MASTER_VECTORS + 4);
    assert.equal(intr.level, false);
    assert.equal(readIsr(0), 0x10);
    pulse(4);
    assert.equal(intr.level, false, 'inhibited by itself');
    command(0, 0x20);
    assert.equal(intr.level, true);
  });

  it('fully nested: a higher input interrupts, a lower one waits', () => {
    const { pic, pulse, command } = make();
    pulse(4);
    pic.acknowledge();
    pulse(5);
    assert.equal(pic.interruptPending, false);
    pulse(1);
    assert.equal(pic.acknowledge(), MASTER_VECTORS + 1);
    command(0, 0x20);
    assert.equal(pic.interruptPending, false, 'IRQ 4 is still in service');
    command(0, 0x64); // specific EOI
    assert.equal(pic.acknowledge(), MASTER_VECTORS + 5);
  });

  it('cascade: a slave input answers with the slave vector, both need an EOI', () => {
    const { pic, pulse, command, readIsr, intr } = make();
    pulse(8);
    assert.equal(pic.acknowledge(), SLAVE_VECTORS);
    assert.deepEqual([readIsr(0), readIsr(1)], [0x04, 0x01]);
    pulse(9);
    assert.equal(intr.level, false);
    command(1, 0x20);
    assert.equal(intr.level, false, 'the master still serves the cascade');
    command(0, 0x20);
    assert.equal(intr.level, true);
    assert.equal(pic.acknowledge(), SLAVE_VECTORS + 1);
  });

  it('spurious IRQ 7 when the request has gone, without ISR bit; a masked slave input takes its request back', () => {
    const { pic, chips, readIsr } = make();
    chips[0].readPort(0, 1);
    pic.elcrPorts.writePort(0, 1, 0x20);
    pic.elcrPorts.writePort(1, 1, 0x04);
    pic.setIrq(5, true);
    pic.setIrq(5, false);
    assert.equal(pic.acknowledge(), MASTER_VECTORS + 7);
    assert.equal(readIsr(0), 0);
    pic.setIrq(10, true);
    chips[1].writePort(1, 1, 0x04); // the mask takes it back
    assert.equal(pic.interruptPending, false);
    chips[1].writePort(1, 1, 0x00);
    assert.equal(pic.acknowledge(), SLAVE_VECTORS + 2);
  });

  it('ELCR makes a line level-triggered: it comes again while held; IRQ 0, 1, 2, 8, 13 cannot be', () => {
    const { pic, command } = make();
    pic.elcrPorts.writePort(0, 1, 0xff);
    pic.elcrPorts.writePort(1, 1, 0xff);
    assert.deepEqual([pic.elcrPorts.readPort(0, 1), pic.elcrPorts.readPort(1, 1)], [0xf8, 0xde]);
    pic.setIrq(5, true);
    assert.equal(pic.acknowledge(), MASTER_VECTORS + 5);
    command(0, 0x20);
    assert.equal(pic.interruptPending, true);
    pic.acknowledge();
    pic.setIrq(5, false);
    command(0, 0x20);
    assert.equal(pic.interruptPending, false);
  });

  it('ICW4 auto EOI leaves nothing in service', () => {
    const { pic, pulse, readIsr } = make(0x03);
    pulse(3);
    assert.equal(pic.acknowledge(), MASTER_VECTORS + 3);
    assert.equal(readIsr(0), 0);
    pulse(9);
    assert.equal(pic.acknowledge(), SLAVE_VECTORS + 1);
    assert.deepEqual([readIsr(0), readIsr(1)], [0, 0]);
    assert.equal(pic.interruptPending, false);
  });

  it('OCW2 rotation gives the served input the lowest priority', () => {
    const { pic, pulse, command } = make();
    pulse(0);
    pic.acknowledge();
    command(0, 0xa0); // rotate on non-specific EOI
    pulse(0);
    pulse(6);
    assert.equal(pic.acknowledge(), MASTER_VECTORS + 6);
    command(0, 0x20);
    command(0, 0xc7); // set priority: 7 lowest again
    pulse(6);
    assert.equal(pic.acknowledge(), MASTER_VECTORS);
  });

  it('OCW2 rotate in auto-EOI mode', () => {
    const { pic, pulse, command } = make(0x03);
    command(0, 0x80);
    pulse(0);
    pic.acknowledge();
    pulse(0);
    pulse(5);
    assert.equal(pic.acknowledge(), MASTER_VECTORS + 5);
    command(0, 0x00);
    assert.equal(pic.acknowledge(), MASTER_VECTORS);
  });

  it('OCW3 poll is an acknowledge by a read', () => {
    const { chips, pulse, command, readIsr } = make();
    command(0, 0x0c);
    assert.equal(chips[0].readPort(0, 1), 0);
    pulse(3);
    command(0, 0x0c);
    assert.equal(chips[0].readPort(0, 1), 0x83);
    assert.equal(readIsr(0), 0x08);
  });

  it('OCW3 special mask mode: a masked input in service inhibits nobody', () => {
    const { pic, pulse, command, data } = make();
    pulse(1);
    pic.acknowledge();
    pulse(6);
    assert.equal(pic.interruptPending, false);
    data(0, 0x02);
    assert.equal(pic.interruptPending, false);
    command(0, 0x68);
    assert.equal(pic.acknowledge(), MASTER_VECTORS + 6);
  });

  it('ICW4 special fully nested: a higher slave input interrupts a lower one', () => {
    const { pic, pulse } = make(0x11);
    pulse(12);
    assert.equal(pic.acknowledge(), SLAVE_VECTORS + 4);
    pulse(9);
    assert.equal(pic.acknowledge(), SLAVE_VECTORS + 1);
  });

  it('ICW1 clears mask, service and edge latches; the data port reads the mask', () => {
    const { pic, pulse, command, chips, data } = make();
    data(0, 0xa5);
    assert.equal(chips[0].readPort(1, 1), 0xa5);
    pulse(1);
    command(0, 0x11);
    assert.equal(chips[0].readPort(1, 1), 0);
    assert.equal(pic.interruptPending, false);
  });

  it('saves and restores to the bit', () => {
    const { pic, pulse } = make();
    pulse(9);
    pulse(3);
    pic.acknowledge();
    const other = new PicPair(new FakeLine());
    other.restore(pic.save());
    assert.deepEqual(other.save(), pic.save());
    assert.equal(other.interruptPending, pic.interruptPending);
  });
});
