// The ports of a PC that are one register each.
import assert from 'node:assert/strict';
import { DebugConsole } from '../../src/devices/debug-console';
import { DebugExit } from '../../src/devices/debug-exit';
import { I8042 } from '../../src/devices/i8042/i8042';
import { Port92 } from '../../src/devices/port92';
import { PostPort } from '../../src/devices/post-port';
import { ResetPort } from '../../src/devices/reset-port';
import { FakeLine, FakePower, FakeSink } from './fakes';

describe('small ports', () => {
  it('debug exit passes the value of a write of any size', () => {
    const power = new FakePower();
    const device = new DebugExit(power);
    device.writePort(0, 4, 0x10);
    device.writePort(0, 1, 3);
    assert.deepEqual(power.log, ['exit 16', 'exit 3']);
  });

  it('debug console prints, and is found by reading 0xe9', () => {
    const sink = new FakeSink();
    const device = new DebugConsole(sink);
    device.writePort(0, 1, 0x41);
    assert.equal(sink.text, 'A');
    assert.equal(device.readPort(), 0xe9);
  });

  it('port 0x92: bit 0 rising resets, A20 is on and kept', () => {
    const power = new FakePower();
    const device = new Port92(power);
    assert.equal(device.readPort(), 0x02);
    device.writePort(0, 1, 0x00);
    assert.equal(device.readPort(), 0x00);
    device.writePort(0, 1, 0x03);
    device.writePort(0, 1, 0x03);
    assert.deepEqual(power.log, ['reset by port 0x92']);
  });

  it('port 0xcf9: bit 2 rising resets, by byte access only; 32-bit PCI probes find nothing', () => {
    const power = new FakePower();
    const device = new ResetPort(power);
    device.writePort(0, 4, 0x8000_0600);
    assert.equal(device.readPort(0, 4), 0xffffffff);
    device.writePort(1, 1, 0x02);
    assert.deepEqual(power.log, []);
    device.writePort(1, 1, 0x06);
    assert.deepEqual(power.log, ['reset by port 0xcf9']);
    assert.equal(device.readPort(1, 1), 0x06);
  });

  it('keyboard controller: empty, and 0xfe resets; other pulses and commands do not', () => {
    const power = new FakePower();
    const { commandPort, dataPort } = new I8042({
      power,
      keyboardIrq: new FakeLine(),
      mouseIrq: new FakeLine(),
      onRoom: () => {},
    });
    assert.equal(commandPort.readPort(0, 1) & 0x03, 0);
    assert.equal(dataPort.readPort(0, 1), 0);
    commandPort.writePort(0, 1, 0xff);
    commandPort.writePort(0, 1, 0xaa);
    assert.deepEqual(power.log, []);
    commandPort.writePort(0, 1, 0xfe);
    assert.deepEqual(power.log, ['reset by keyboard controller']);
  });

  it('port 0x80 keeps the last POST code', () => {
    const device = new PostPort();
    device.writePort(0, 1, 0x5a);
    assert.equal(device.readPort(), 0x5a);
    device.reset();
    assert.equal(device.readPort(), 0);
  });
});
