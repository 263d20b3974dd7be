// Keyboard controller and keyboard (PS/2 Hardware Interface Technical Reference).
import assert from 'node:assert/strict';
import { I8042 } from '../../src/devices/i8042/i8042';
import { KEY_ROWS, keyOf, scanCodes, scanCodesOfText } from '../../src/devices/i8042/keys.rows';
import { FakeLine, FakePower } from './fakes';

function make() {
  const [keyboardIrq, mouseIrq, power] = [new FakeLine(), new FakeLine(), new FakePower()];
  const device = new I8042({ power, keyboardIrq, mouseIrq, onRoom: () => {} });
  const read = () => device.dataPort.readPort(0, 1);
  const status = () => device.commandPort.readPort(0, 1);
  const command = (value: number) => device.commandPort.writePort(0, 1, value);
  const data = (value: number) => device.dataPort.writePort(0, 1, value);
  const all = () => {
    const bytes: number[] = [];
    while (status() & 1) bytes.push(read());
    return bytes;
  };
  const press = (code: string, down = true) => {
    for (const byte of scanCodes(keyOf(code)!, down)) device.receive(byte);
  };
  return { device, keyboardIrq, mouseIrq, power, read, status, command, data, all, press };
}

describe('8042', () => {
  it('tests and reads and writes its command byte', () => {
    const { command, all, data } = make();
    command(0xaa);
    assert.deepEqual(all(), [0x55]);
    command(0xab);
    command(0xa9);
    assert.deepEqual(all(), [0, 0]);
    command(0x60);
    data(0x03);
    command(0x20);
    assert.deepEqual(all(), [0x03]);
  });

  it('a key is translated to set 1 and interrupts; its release has bit 7', () => {
    const { press, keyboardIrq, all } = make();
    press('KeyA');
    assert.equal(keyboardIrq.level, true);
    assert.deepEqual(all(), [0x1e]);
    assert.equal(keyboardIrq.level, false);
    press('KeyA', false);
    press('ArrowUp');
    press('ArrowUp', false);
    press('Enter');
    assert.deepEqual(all(), [0x9e, 0xe0, 0x48, 0xe0, 0xc8, 0x1c]);
  });

  it('without translation the codes are those of set 2', () => {
    const { command, data, press, all } = make();
    command(0x60);
    data(0x01);
    press('KeyA');
    press('KeyA', false);
    assert.deepEqual(all(), [0x1c, 0xf0, 0x1c]);
  });

  it('every key has a code of set 1 of its own, as a PC/AT keyboard has it', () => {
    const set1 = (code: string) => {
      const { press, all } = make();
      press(code);
      return all().join(' ');
    };
    const codes = KEY_ROWS.map(({ code }) => set1(code));
    assert.equal(new Set(codes).size, codes.length);
    const expected = {
      Escape: 1,
      Digit1: 2,
      Digit0: 11,
      Tab: 15,
      KeyQ: 16,
      KeyP: 25,
      ControlLeft: 29,
      KeyZ: 44,
      Space: 57,
      F1: 59,
      F10: 68,
      F11: 87,
      F12: 88,
    };
    for (const [code, value] of Object.entries(expected)) assert.equal(set1(code), String(value), code);
  });

  it('keyboard commands are acknowledged', () => {
    const { data, all, command, press } = make();
    data(0xf2);
    assert.deepEqual(all(), [0xfa, 0xab, 0x41], 'the identity too is translated');
    data(0xed);
    data(0x07);
    data(0xee);
    assert.deepEqual(all(), [0xfa, 0xfa, 0xee]);
    data(0xf5);
    assert.deepEqual(all(), [0xfa]);
    press('KeyA');
    data(0xf4);
    assert.deepEqual(all(), [0xfa], 'what was pressed while scanning was off is lost');
    data(0xff);
    assert.deepEqual(all(), [0xfa, 0xaa]);
    data(0x99);
    assert.deepEqual(all(), [0xfe]);
    command(0xad);
    press('KeyA');
    assert.deepEqual(all(), [], 'the clock is held');
    command(0xae);
    assert.deepEqual(all(), [0x1e]);
  });

  it('there is no mouse, and the controller says so', () => {
    const { command, data, status, read, mouseIrq } = make();
    command(0xd4);
    data(0xff);
    assert.equal(status() & 0x61, 0x61, 'timeout, from the mouse');
    assert.equal(read(), 0xfe);
    assert.equal(mouseIrq.rises, 0);
  });

  it('a reset by pulse or by the output port; A20 is kept', () => {
    const { command, data, power, all } = make();
    command(0xdd);
    command(0xd0);
    assert.equal(all()[0]! & 2, 0);
    command(0xd1);
    data(0xdf);
    command(0xd0);
    assert.equal(all()[0]! & 2, 2);
    command(0xfe);
    command(0xd1);
    data(0xde);
    assert.deepEqual(power.log, ['reset by keyboard controller', 'reset by keyboard controller']);
  });

  it('text is typed on a US keyboard', () => {
    const { device, all } = make();
    const typed: number[] = [];
    for (const byte of scanCodesOfText('a!\r\x03é')) {
      device.receive(byte);
      typed.push(...all());
    }
    assert.deepEqual(typed, [0x1e, 0x9e, 0x2a, 0x02, 0x82, 0xaa, 0x1c, 0x9c, 0x1d, 0x2e, 0xae, 0x9d]);
  });
});
