import assert from 'node:assert/strict';
import { type DeviceDescription, setBits } from '../../src/devices/describe';
import { makeChipset } from './make-chipset';

const LVT_TIMER = 0x320;
const INITIAL_COUNT = 0x380;
const CURRENT_COUNT = 0x390;
const SVR = 0xf0;

describe('what devices tell of themselves', () => {
  const make = () => {
    const made = makeChipset({ machine: 'pc' });
    const device = (name: string): DeviceDescription => made.chipset.describe().find((each) => each.name === name)!;
    const value = (name: string, register: string) => device(name).registers.find((each) => each.name === register);
    const cell = (name: string, row: number, column: string) => {
      const [table] = device(name).tables ?? [];
      return table?.rows[row]?.[table.columns.findIndex((each) => each.name === column)];
    };
    return { ...made, device, value, cell };
  };

  it('the UART: speed, frame, FIFO, lines', () => {
    const { out, value, chipset } = make();
    for (const [port, byte] of [
      [0x3fb, 0x83],
      [0x3f8, 1],
      [0x3f9, 0],
      [0x3fb, 0x1b],
      [0x3fa, 0xc1],
      [0x3f9, 0x01],
    ] as const)
      out(port, byte);
    assert.deepEqual([value('uart0', 'line speed')?.value, value('uart0', 'line speed')?.meaning], [115_200, '8E1']);
    assert.deepEqual(value('uart0', 'IER')?.set, ['ERBFI']);
    for (let i = 0; i < 3; i++) chipset.serial.receive(0x41);
    assert.deepEqual([value('uart0', 'receiver FIFO')?.value, value('uart0', 'receiver trigger level')?.value], [3, 14]);
    assert.deepEqual(value('uart0', 'LSR')?.set, ['DR', 'THRE', 'TEMT']);
    assert.ok(Number(value('uart0', 'character timeout')?.value) > 0);
    assert.equal(value('uart0', 'interrupt')?.value, false);
  });

  it('the interval timer: counts and the next edge', () => {
    const { out, cell, value, time, initialisePics } = make();
    initialisePics();
    out(0x21, 0xfe);
    for (const [port, byte] of [
      [0x43, 0x34],
      [0x40, 0x9c],
      [0x40, 0x2e],
    ] as const)
      out(port, byte);
    assert.deepEqual([cell('pit', 0, 'mode'), cell('pit', 0, 'mode name'), cell('pit', 0, 'reload')], [2, 'rate generator', 0x2e9c]);
    const before = Number(cell('pit', 0, 'count'));
    time.advance(1_000_000);
    assert.ok(before - Number(cell('pit', 0, 'count')) > 1100);
    assert.equal(value('pit', 'IRQ 0 changes')?.value, time.deadlineOf('pit.channel0'));
    assert.equal(cell('pit', 0, 'OUT changes'), time.deadlineOf('pit.channel0'));
  });

  it('the local APIC: a timer that counts unheard shows what its register would', () => {
    const { chipset, time, value, cell } = make();
    const [registers] = chipset.apicRegisters;
    registers!.writeMmio(SVR, 4, 0x1ff);
    registers!.writeMmio(LVT_TIMER, 4, 0x30040);
    registers!.writeMmio(INITIAL_COUNT, 4, 1000);
    time.advance(250_123);
    const shown = value('vcpu0.lapic', 'timer current count')?.value;
    assert.equal(shown, registers!.readMmio(CURRENT_COUNT, 4));
    assert.equal(value('vcpu0.lapic', 'timer mode')?.meaning, 'periodic');
    assert.deepEqual([value('vcpu0.lapic', 'timer fires')?.value, cell('vcpu0.lapic', 0, 'masked')], [null, true]);
    registers!.writeMmio(LVT_TIMER, 4, 0x20040);
    assert.equal(value('vcpu0.lapic', 'timer fires')?.value, time.deadlineOf('vcpu0.lapic'));
  });

  it('the interrupt controllers: what is requested, and where it is wired', () => {
    const { chipset, initialisePics, cell } = make();
    initialisePics();
    chipset.pic.setIrq(4, true);
    assert.deepEqual([cell('pic', 4, 'devices'), cell('pic', 4, 'requested'), cell('pic', 4, 'vector')], [['uart0'], true, 0x24]);
    assert.deepEqual(
      [cell('io-apic', 4, 'devices'), cell('io-apic', 4, 'masked'), cell('io-apic', 9, 'devices')],
      [['uart0'], true, ['acpi-pm']],
    );
  });

  it('the clock: time, and flags that nobody has collected', () => {
    const { time, value } = make();
    time.advance(3_000_000_000);
    assert.equal(value('rtc', 'time')?.value, 3);
    assert.ok(value('rtc', 'register C')?.set?.includes('UF'));
  });

  it('names of bits: those that are set', () => {
    assert.deepEqual(setBits(0x81, { 0: 'first', 3: 'fourth', 7: 'last' }), ['first', 'last']);
    assert.deepEqual(setBits(0x8000_0000, { 31: 'top' }), ['top']);
  });
});
