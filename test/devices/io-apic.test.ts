// Intel 82093AA data sheet (290566).
import assert from 'node:assert/strict';
import { IoApic } from '../../src/devices/io-apic';
import type { ApicMessage } from '../../src/devices/local-apic/messages';

function make() {
  const sent: ApicMessage[] = [];
  let accepted = 1;
  const apic = new IoApic({
    send: (message) => {
      sent.push(message);
      return accepted;
    },
    isRequested: ({ vector }) => sent.some((message) => message.vector === vector),
  });
  const write = (register: number, value: number) => {
    apic.writeMmio(0x00, 4, register);
    apic.writeMmio(0x10, 4, value);
  };
  const read = (register: number) => {
    apic.writeMmio(0x00, 4, register);
    return apic.readMmio(0x10, 4);
  };
  const entry = (pin: number, low: number, high = 0) => {
    write(0x11 + pin * 2, high);
    write(0x10 + pin * 2, low);
  };
  return {
    apic,
    sent,
    write,
    read,
    entry,
    accept: (count: number) => {
      accepted = count;
    },
  };
}

describe('82093AA I/O APIC', () => {
  it('3.2.1-3.2.3 id, version and arbitration', () => {
    const { write, read } = make();
    assert.equal(read(1), 0x00170011);
    write(0, 0xffffffff);
    assert.equal(read(0), 0x0f000000);
    assert.equal(read(2), 0x0f000000);
  });

  it('3.2.4 entries come up masked; delivery status and remote IRR are read-only; registers past the last read 0', () => {
    const { read, entry } = make();
    assert.equal(read(0x10), 0x10000);
    entry(23, 0xffffffff, 0xffffffff);
    assert.equal(read(0x10 + 46), 0x0001afff);
    assert.equal(read(0x11 + 46), 0xff000000);
    assert.equal(read(0x40), 0);
  });

  it('3.2.4 an edge sends one message with destination, mode and vector', () => {
    const { apic, sent, entry } = make();
    entry(2, 0x0000_0930, 0x0300_0000); // lowest priority, logical
    apic.setPin(2, true);
    apic.setPin(2, true);
    assert.deepEqual(sent, [{ destination: 3, wide: false, logical: true, delivery: 1, vector: 0x30, levelTriggered: false }]);
    apic.setPin(2, false);
    apic.setPin(2, true);
    assert.equal(sent.length, 2);
  });

  it('3.2.4 an edge on a masked pin is lost, a level is not', () => {
    const { apic, sent, entry } = make();
    entry(4, 0x10034);
    apic.setPin(4, true);
    entry(4, 0x34);
    assert.equal(sent.length, 0);
    entry(5, 0x18035);
    apic.setPin(5, true);
    entry(5, 0x8035);
    assert.equal(sent.length, 1);
  });

  it('3.2.4 a level waits for the EOI in remote IRR and comes again while held', () => {
    const { apic, sent, read, entry } = make();
    entry(9, 0x8039);
    apic.setPin(9, true);
    assert.equal(read(0x10 + 18), 0xc039);
    apic.setPin(9, false);
    apic.setPin(9, true);
    assert.equal(sent.length, 1);
    apic.endOfInterrupt(0x38);
    assert.equal(sent.length, 1);
    apic.endOfInterrupt(0x39);
    assert.equal(sent.length, 2);
    apic.setPin(9, false);
    apic.endOfInterrupt(0x39);
    assert.equal(sent.length, 2);
    assert.equal(read(0x10 + 18), 0x8039);
  });

  it('switching an entry to edge and back clears remote IRR', () => {
    const { apic, sent, read, entry } = make();
    entry(9, 0x8039);
    apic.setPin(9, true);
    entry(9, 0x10039);
    assert.equal(read(0x10 + 18), 0x10039);
    entry(9, 0x8039);
    assert.equal(sent.length, 2);
  });

  it('a level that nobody accepts is not in service anywhere', () => {
    const { apic, sent, read, entry, accept } = make();
    accept(0);
    entry(9, 0x8039);
    apic.setPin(9, true);
    assert.equal(read(0x10 + 18), 0x8039);
    accept(1);
    entry(9, 0x8039);
    assert.equal(sent.length, 2);
  });

  it('3.2.4 NMI and ExtINT are edges even when programmed as level; reserved modes send nothing', () => {
    const { apic, sent, entry } = make();
    entry(0, 0x8700);
    entry(1, 0x8400);
    entry(3, 0x0640);
    for (const pin of [0, 1, 3]) apic.setPin(pin, true);
    assert.deepEqual(
      sent.map((message) => [message.delivery, message.levelTriggered]),
      [
        [7, false],
        [4, false],
      ],
    );
  });

  it('3.1 the select register keeps eight bits and can be read; narrow reads give their part', () => {
    const { apic, entry } = make();
    entry(0, 0x12345);
    apic.writeMmio(0, 4, 0x110);
    assert.equal(apic.readMmio(0, 4), 0x10);
    assert.equal(apic.readMmio(0x11, 1), 0x23);
  });

  it('saves and restores to the bit', () => {
    const { apic, entry } = make();
    entry(9, 0x8039);
    apic.setPin(9, true);
    const other = make().apic;
    other.restore(apic.save());
    assert.deepEqual(other.save(), apic.save());
    apic.reset();
    assert.deepEqual(apic.save(), make().apic.save());
  });
});
