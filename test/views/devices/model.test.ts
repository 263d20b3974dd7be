import assert from 'node:assert/strict';
import type { DeviceRegisterRow, DeviceRow, DevicesAnswer } from '../../../src/protocol/devices';
import {
  awayText,
  cellText,
  devicesView,
  durationText,
  eventsView,
  meaningText,
  nextText,
  placeText,
  silentDevices,
  valueText,
} from '../../../src/views/devices/model';

const register = (name: string, more: Partial<DeviceRegisterRow> = {}): DeviceRegisterRow => ({
  ...{ name, value: '0x1', bits: null, unit: null, meaning: '', set: [], members: null, changed: false },
  ...more,
});
const device = (name: string, more: Partial<DeviceRow> = {}): DeviceRow => ({
  ...{ name, title: name, ports: [], mmio: [], registers: [], tables: [] },
  ...more,
});
const clocks = (nowNs: number, guestNs = nowNs, guestStands = false) => ({ nowNs, guestNs, guestStands });
const answer: DevicesAnswer = {
  ...clocks(1_000_000),
  devices: [
    device('vcpu0.lapic', { title: 'Local APIC', registers: [register('TPR')] }),
    device('vcpu1.lapic', { title: 'Local APIC', registers: [register('TPR', { value: '0x2' })] }),
    device('uart0', {
      title: 'Serial port',
      ports: [{ base: 0x3f8, size: 8 }],
      registers: [register('IER', { set: ['ERBFI'], bits: 8 })],
      tables: [{ name: 'Lines', columns: [{ name: 'pin', bits: null, unit: null }], rows: [{ cells: [4], changed: false }] }],
    }),
    device('fw-cfg', { ports: [{ base: 0x510, size: 2 }] }),
    device('irq-router'),
  ],
  pending: [
    { name: 'vcpu1.lapic', deadlineNs: 1_001_500, kind: 'guest' },
    { name: 'uart0.timeout', deadlineNs: 2_000_000, kind: 'guest' },
    { name: 'neighbour0', deadlineNs: 3_000_000, kind: 'background' },
  ],
};

describe('values of the Devices panel', () => {
  it('are written by their units', () => {
    const text = (value: DeviceRegisterRow['value'], more: Partial<DeviceRegisterRow> = {}) =>
      valueText(register('x', { value, ...more }), clocks(1000));
    assert.equal(text('0x12', { bits: 32 }), '0x00000012');
    assert.equal(text('0x12'), '18');
    assert.equal(text(true), 'yes');
    assert.equal(text(null), 'none');
    assert.equal(text(null, { meaning: 'one-shot' }), '');
    assert.equal(text('0x28', { unit: 'ns' }), '40 ns');
    assert.equal(text('0x9c4', { unit: 'virtual-ns' }), '2.500 µs (in 1.500 µs)');
    assert.equal(text('0x1234de', { unit: 'hz' }), '1.193182 MHz');
    assert.equal(text('0x0', { unit: 'unix-s' }), '1970-01-01 00:00:00 UTC');
    assert.equal(text('0x0', { bits: 256, members: [0x30, 0xfe] }), '0x30 0xfe');
    assert.equal(meaningText(register('x', { meaning: 'xAPIC', set: ['BSP'] })), 'xAPIC, BSP');
  });
  it('are the same in tables', () => {
    const plain = { name: '', bits: null, unit: null };
    assert.deepEqual(
      [cellText(['pit', 'hpet'], plain, clocks(0)), cellText(false, plain, clocks(0)), cellText(null, plain, clocks(0))],
      ['pit, hpet', 'no', ''],
    );
    assert.equal(cellText(0x20, { ...plain, bits: 8 }, clocks(0)), '0x20');
    assert.equal(cellText('0xffffffffffffffff', { ...plain, bits: 64 }, clocks(0)), '0xffffffffffffffff');
  });
  it('are on virtual time where the guest was held, and say so while its clocks stand still', () => {
    const fires = register('timer fires', { value: '0x9c4', unit: 'virtual-ns' });
    assert.equal(valueText(fires, clocks(9000, 1000)), '10.500 µs (in 1.500 µs)');
    assert.equal(valueText(fires, clocks(9000, 1000, true)), 'held (in 1.500 µs)');
    assert.equal(cellText(2500, { name: '', bits: null, unit: 'virtual-ns' }, clocks(9000, 1000)), '10.500 µs (in 1.500 µs)');
  });
  it('tell times as far from now', () => {
    assert.deepEqual([durationText(999), durationText(1_250_000), durationText(3e9)], ['999 ns', '1.250 ms', '3.000 s']);
    assert.deepEqual([awayText(5, 5), awayText(5, 1005)], ['now', 'due 1.000 µs ago']);
  });
});

describe('devices of the Devices panel', () => {
  it('are those that tell of themselves, with the local APIC of the vCPU', () => {
    const views = devicesView(answer, 1, '');
    assert.deepEqual(
      views.map(({ key, title }) => [key, title]),
      [
        ['lapic', 'Local APIC of vCPU 1'],
        ['uart0', 'Serial port — ports 0x3f8–0x3ff'],
      ],
    );
    assert.equal(views[0]?.registers[0]?.value, '0x2');
    assert.deepEqual(silentDevices(answer), ['fw-cfg (ports 0x510–0x511)']);
    assert.equal(placeText({ ports: [], mmio: [{ base: 0xfec00000, size: 0x1000 }] }), 'memory 0xfec00000–0xfec00fff');
  });
  it('are found by their name, or by a register or row in them', () => {
    const found = (filter: string) =>
      devicesView(answer, 0, filter).map(({ key, registers, tables }) => [key, registers.length, tables.length]);
    assert.deepEqual(found('serial'), [['uart0', 1, 1]]);
    assert.deepEqual(found('erbfi'), [['uart0', 1, 0]]);
    assert.deepEqual(found('nothing'), []);
  });
  it('have the interrupt controllers first', () => {
    const devices = ['uart0', 'pic', 'io-apic', 'vcpu0.lapic'].map((name) => device(name, { registers: [register('x')] }));
    assert.deepEqual(
      devicesView({ ...answer, devices }, 0, '').map(({ key }) => key),
      ['lapic', 'io-apic', 'pic', 'uart0'],
    );
  });
  it('have the next event of the guest in front', () => {
    assert.equal(nextText(answer), 'Next: Local APIC of vCPU 1 in 1.500 µs');
    assert.match(nextText({ ...answer, pending: answer.pending.slice(2) }), /no device of this guest waits/);
  });
  it('have their events named', () => {
    assert.deepEqual(
      eventsView(answer).map(({ what, away }) => [what, away]),
      [
        ['Local APIC of vCPU 1', 'in 1.500 µs'],
        ['Serial port', 'in 1.000 ms'],
        ['outside of this guest', 'in 2.000 ms'],
      ],
    );
  });
});
