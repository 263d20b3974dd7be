// Intel 8254 data sheet (231164).
import assert from 'node:assert/strict';
import { Pit } from '../../src/devices/pit/pit';
import { pitTickNs, pitTicksAt } from '../../src/devices/pit/pit-clock';
import { SystemControlB } from '../../src/devices/system-control-b';
import { FakeLine, FakeTime, tickCount } from './fakes';

function make() {
  const irq = new FakeLine();
  const time = new FakeTime();
  const heard = { now: true };
  const pit = new Pit({
    ...{ isWanted: () => true, isHeard: () => heard.now, hasRoom: () => heard.now },
    ...{ ticks: tickCount('pit'), irq, clock: time, timers: time },
  });
  const control = new SystemControlB({ clock: time, speaker: pit });
  const write = (port: number, value: number) => pit.writePort(port, 1, value);
  const read = (port: number) => pit.readPort(port);
  const toTick = (tick: number) => time.advanceTo(pitTickNs(tick));
  /** Control word, then low and high byte of the count. */
  const program = (channel: number, mode: number, count: number) => {
    write(3, (channel << 6) | 0x30 | (mode << 1));
    write(channel, count & 0xff);
    write(channel, (count >> 8) & 0xff);
  };
  const latched = (channel: number) => {
    write(3, channel << 6);
    const low = read(channel);
    return low | (read(channel) << 8);
  };
  return { irq, time, heard, pit, control, write, read, toTick, program, latched };
}

describe('8254 timer', () => {
  it('the clock is exactly 105/88 MHz and inverts exactly', () => {
    assert.equal(pitTicksAt(88_000), 105);
    assert.equal(pitTicksAt(1_000_000_000), 1_193_181);
    assert.equal(pitTicksAt(88_000_000_000_000), 105_000_000_000);
    for (const tick of [0, 1, 2, 104, 105, 106, 1_193_181, 105_000_000_001]) {
      assert.equal(pitTicksAt(pitTickNs(tick)), tick);
      if (tick > 0) assert.equal(pitTicksAt(pitTickNs(tick) - 1), tick - 1);
    }
  });

  it('power-on: counter 0 interrupts 18.2 times a second', () => {
    const { irq, time } = make();
    const before = irq.rises;
    time.advance(10_000_000_000);
    assert.equal(irq.rises - before, 182);
  });

  it('mode 0: low until N + 1 ticks after the write, then high for good', () => {
    const { irq, toTick, program, time } = make();
    program(0, 0, 100);
    assert.equal(irq.level, false);
    toTick(100);
    assert.equal(irq.level, false);
    toTick(101);
    assert.equal(irq.level, true);
    time.advance(1_000_000_000);
    assert.equal(irq.rises, 2);
  });

  it('mode 0: the first of two bytes stops the count and drops OUT', () => {
    const { irq, toTick, program, write, latched } = make();
    program(0, 0, 10);
    toTick(50);
    assert.equal(irq.level, true);
    write(0, 20);
    assert.equal(irq.level, false);
    toTick(500);
    assert.equal(irq.level, false);
    write(0, 0);
    toTick(511);
    assert.equal(latched(0), 10);
    toTick(521);
    assert.equal(irq.level, true);
  });

  it('mode 0: the count goes on through zero', () => {
    const { toTick, program, latched } = make();
    program(0, 0, 5);
    toTick(8);
    assert.equal(latched(0), 0xfffe);
  });

  it('mode 2: OUT is low for the last tick of each period; one interrupt per period', () => {
    const { irq, toTick, program, latched } = make();
    program(0, 2, 1000);
    const before = irq.rises;
    toTick(1000);
    assert.equal(irq.level, false, 'tick 999 of the first period');
    assert.equal(latched(0), 1);
    toTick(1001);
    assert.equal(irq.level, true);
    assert.equal(latched(0), 1000);
    toTick(100_001);
    assert.equal(irq.rises - before, 100);
  });

  it('mode 2: a new count waits for the end of the period', () => {
    const { irq, toTick, program, write, latched } = make();
    program(0, 2, 1000);
    toTick(501);
    write(0, 10);
    write(0, 0);
    assert.equal(latched(0), 500);
    const before = irq.rises;
    toTick(1001);
    assert.equal(irq.rises - before, 1);
    toTick(1101);
    assert.equal(irq.rises - before, 11);
  });

  it('mode 3: high for (N + 1) / 2 ticks, low for N / 2; the element counts down by two', () => {
    const { irq, toTick, program, latched } = make();
    program(0, 3, 9);
    toTick(1);
    assert.equal(latched(0), 8);
    toTick(5);
    assert.deepEqual([irq.level, latched(0)], [true, 0]);
    toTick(6);
    assert.deepEqual([irq.level, latched(0)], [false, 8]);
    toTick(9);
    assert.deepEqual([irq.level, latched(0)], [false, 2]);
    toTick(10);
    assert.equal(irq.level, true);
  });

  it('mode 3: a new count takes over at the end of the half', () => {
    const { irq, toTick, program, write } = make();
    program(0, 3, 100);
    toTick(11);
    write(0, 20);
    write(0, 0);
    toTick(50);
    assert.equal(irq.level, true);
    toTick(51);
    assert.equal(irq.level, false);
    toTick(60);
    assert.equal(irq.level, false);
    toTick(61);
    assert.equal(irq.level, true);
    toTick(71);
    assert.equal(irq.level, false);
  });

  it('mode 4: low for one tick, N + 1 ticks after the write', () => {
    const { irq, toTick, program, time } = make();
    program(0, 4, 100);
    assert.equal(irq.level, true);
    toTick(101);
    assert.equal(irq.level, false);
    toTick(102);
    assert.equal(irq.level, true);
    assert.equal(time.deadlineOf('pit.channel0'), undefined);
  });

  it('modes 1 and 5 start at the rising gate (counter 2, port 0x61 bit 0); OUT is bit 5', () => {
    const { toTick, program, control } = make();
    const out = () => (control.readPort() & 0x20) !== 0;
    program(2, 1, 50);
    assert.equal(out(), true);
    toTick(100);
    assert.equal(out(), true);
    control.writePort(0, 1, 1);
    toTick(101);
    assert.equal(out(), false);
    toTick(120);
    control.writePort(0, 1, 0);
    control.writePort(0, 1, 1); // retriggered: stays low for 50 more
    assert.equal(out(), false);
    toTick(170);
    assert.equal(out(), false);
    toTick(171);
    assert.equal(out(), true);
    control.writePort(0, 1, 0);
    program(2, 5, 10);
    control.writePort(0, 1, 1);
    toTick(182);
    assert.equal(out(), false);
    toTick(183);
    assert.equal(out(), true);
  });

  it('mode 0 on counter 2: a low gate holds the count (the way kernels calibrate the TSC)', () => {
    const { toTick, program, control, latched } = make();
    control.writePort(0, 1, 0);
    program(2, 0, 1000);
    toTick(500);
    assert.equal(latched(2), 1000);
    control.writePort(0, 1, 1);
    toTick(600);
    assert.equal(latched(2), 900);
    control.writePort(0, 1, 0);
    toTick(5000);
    assert.equal(latched(2), 900);
    control.writePort(0, 1, 1);
    toTick(5899);
    assert.equal(control.readPort() & 0x20, 0);
    toTick(5900);
    assert.equal(control.readPort() & 0x20, 0x20);
  });

  it('mode 2 on counter 2: a low gate forces OUT high, the rising edge starts anew', () => {
    const { toTick, program, control, latched } = make();
    control.writePort(0, 1, 1);
    program(2, 2, 100);
    toTick(50);
    control.writePort(0, 1, 0);
    assert.equal(control.readPort() & 0x20, 0x20);
    toTick(80);
    control.writePort(0, 1, 1);
    toTick(81);
    assert.equal(latched(2), 100);
  });

  it('access modes: low byte only, high byte only, BCD', () => {
    const { write, read, toTick } = make();
    write(3, 0x90); // counter 2, low byte, mode 0
    write(2, 0x80);
    assert.equal(read(2), 0x80);
    write(3, 0xa0); // high byte
    write(2, 0x12);
    assert.equal(read(2), 0x12);
    write(3, 0x31); // counter 0, mode 0, BCD
    write(0, 0x00);
    write(0, 0x10); // 1000
    toTick(2);
    write(3, 0x00);
    assert.deepEqual([read(0), read(0)], [0x99, 0x09]);
    toTick(1002);
    write(3, 0x00);
    assert.deepEqual([read(0), read(0)], [0x99, 0x99], 'BCD wraps at 10 000');
  });

  it('the latch holds until both bytes are read; a second latch command is ignored', () => {
    const { toTick, program, write, read } = make();
    program(0, 2, 0x1000);
    toTick(1);
    write(3, 0x00);
    toTick(300);
    write(3, 0x00);
    assert.deepEqual([read(0), read(0)], [0x00, 0x10]);
    assert.equal(read(0), (0x1000 - 299) & 0xff);
  });

  it('read-back: status (OUT, null count, access, mode) first, then the count', () => {
    const { toTick, program, write, read } = make();
    program(0, 2, 100);
    write(3, 0xc2); // count and status of counter 0
    assert.equal(read(0), 0xf4, 'OUT high, not loaded yet, both bytes, mode 2');
    assert.deepEqual([read(0), read(0)], [100, 0]);
    toTick(11);
    write(3, 0xe2); // status only
    assert.equal(read(0), 0xb4);
    write(3, 0xda); // count only, counters 0 and 2
    assert.deepEqual([read(0), read(0)], [90, 0]);
  });

  it('port 0x61: bit 4 toggles with memory refresh, bits 0-3 are kept', () => {
    const { control, time } = make();
    control.writePort(0, 1, 0xfe);
    assert.equal(control.readPort() & 0x0f, 0x0e);
    const first = control.readPort() & 0x10;
    time.advance(15_085);
    assert.notEqual(control.readPort() & 0x10, first);
  });

  it('makes no events while nobody hears IRQ 0; an edge that passed meanwhile is seen at the next look', () => {
    const { irq, time, pit, heard, program, toTick } = make();
    heard.now = false;
    program(0, 2, 1000);
    const before = irq.rises;
    assert.equal(time.deadlineOf('pit.channel0'), undefined);
    toTick(1000);
    pit.sync();
    assert.equal(irq.level, false, 'in the last tick of the period');
    toTick(5500);
    assert.equal(irq.rises, before);
    pit.sync();
    assert.deepEqual([irq.level, irq.rises - before], [true, 1]);
    pit.sync();
    toTick(5900);
    pit.sync();
    assert.equal(irq.rises - before, 1, 'no edge since');
    heard.now = true;
    pit.sync();
    toTick(7001);
    assert.equal(irq.rises - before, 3);
  });

  it('saves and restores in the middle of a period', () => {
    const { irq, time, pit, program, toTick } = make();
    program(0, 2, 1000);
    toTick(700);
    const other = make();
    other.time.restoreFrom(time);
    other.pit.restore(pit.save());
    other.irq.level = irq.level;
    assert.deepEqual(other.pit.save(), pit.save());
    const [a, b] = [irq.rises, other.irq.rises];
    toTick(5001);
    other.toTick(5001);
    assert.equal(irq.rises - a, 5);
    assert.equal(other.irq.rises - b, 5);
  });
});
