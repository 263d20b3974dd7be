// Motorola MC146818 data sheet (ADI-1030).
import assert from 'node:assert/strict';
import { civilTime, unixSeconds } from '../../src/devices/rtc/civil-time';
import { Rtc } from '../../src/devices/rtc/rtc';
import { FakeLine, FakeTime, tickCount } from './fakes';

/** 2024-02-28 23:59:57 UTC, a Wednesday, the day before a leap day. */
const BASE = 1_709_164_797;
const SECOND = 1_000_000_000;

function make(rtcBaseUnixSeconds = BASE) {
  const irq = new FakeLine();
  const time = new FakeTime();
  const rtc = new Rtc({ ticks: tickCount('rtc'), irq, clock: time, timers: time, rtcBaseUnixSeconds, memoryBytes: 256 * 1024 * 1024 });
  const read = (register: number) => {
    rtc.writePort(0, 1, register);
    return rtc.readPort(1);
  };
  const write = (register: number, value: number) => {
    rtc.writePort(0, 1, register);
    rtc.writePort(1, 1, value);
  };
  /** Century, year, month, day, weekday, hours, minutes, seconds. */
  const clock = () => [0x32, 9, 8, 7, 6, 4, 2, 0].map((register) => read(register).toString(16)).join(' ');
  return { irq, time, rtc, read, write, clock };
}

describe('MC146818 real-time clock', () => {
  it('civil time agrees with the calendar of the host over 400 years', () => {
    for (let seconds = -6_000_000_000; seconds < 8_000_000_000; seconds += 86_400 * 17 + 4711) {
      const date = new Date(seconds * 1000);
      const time = civilTime(seconds);
      assert.equal(
        `${time.year}-${time.month}-${time.day} ${time.weekday}`,
        `${date.getUTCFullYear()}-${date.getUTCMonth() + 1}-${date.getUTCDate()} ${date.getUTCDay()}`,
      );
      assert.equal(unixSeconds(time), seconds);
    }
  });

  it('shows base time plus virtual time in BCD and 24 hours; the date carries', () => {
    const { clock, time } = make();
    assert.equal(clock(), '20 24 2 28 4 23 59 57');
    time.advance(3 * SECOND - 1);
    assert.equal(clock(), '20 24 2 28 4 23 59 59');
    time.advance(1);
    assert.equal(clock(), '20 24 2 29 5 0 0 0');
  });

  it('table 3: binary and 12-hour formats; midnight is 12 AM, noon 12 PM', () => {
    const { read, write, time } = make();
    write(0x0b, 0x04);
    assert.deepEqual([read(4), read(2), read(0)], [0x8b, 59, 57], '11 PM');
    time.advance(3 * SECOND);
    assert.equal(read(4), 12);
    time.advance(12 * 3600 * SECOND);
    assert.equal(read(4), 0x8c);
    write(0x0b, 0x00);
    assert.equal(read(4), 0x92);
  });

  it('table 6: UIP warns 244 us before the 1984 us of an update, which ends on the second', () => {
    const { read, time } = make();
    const uip = () => (read(0x0a) & 0x80) !== 0;
    time.advanceTo(SECOND - 2_228_001);
    assert.equal(uip(), false);
    time.advance(1);
    assert.equal(uip(), true);
    time.advanceTo(SECOND - 1);
    assert.equal(uip(), true);
    time.advance(1);
    assert.equal(uip(), false);
  });

  it('SET stops updates; the guest sets the time; the divider keeps its phase', () => {
    const { read, write, clock, time } = make();
    time.advance(SECOND / 4);
    write(0x0b, 0x82);
    time.advance(5 * SECOND);
    assert.equal(clock(), '20 24 2 28 4 23 59 57');
    assert.equal(read(0x0a) & 0x80, 0);
    for (const [register, value] of [
      [0x32, 0x19],
      [9, 0x99],
      [8, 0x12],
      [7, 0x31],
      [6, 6],
      [4, 0x23],
      [2, 0x59],
      [0, 0x58],
    ] as const)
      write(register, value);
    write(0x0b, 0x02);
    assert.equal(clock(), '19 99 12 31 6 23 59 58');
    time.advance(SECOND * 0.75);
    assert.equal(clock(), '19 99 12 31 6 23 59 59');
    time.advance(SECOND);
    assert.equal(clock(), '20 0 1 1 7 0 0 0');
  });

  it('a divider reset makes the first update half a second later', () => {
    const { write, read, time } = make();
    time.advance(SECOND / 4);
    write(0x0a, 0x76);
    time.advance(10 * SECOND);
    assert.equal(read(0), 0x57);
    write(0x0a, 0x26);
    time.advance(SECOND / 2 - 1);
    assert.equal(read(0), 0x57);
    time.advance(1);
    assert.equal(read(0), 0x58);
  });

  it('a time register written while running takes effect', () => {
    const { write, clock, time } = make();
    write(2, 0x30);
    time.advance(3 * SECOND);
    assert.equal(clock(), '20 24 2 28 4 23 31 0');
  });

  it('update-ended interrupt: once a second until register C is read', () => {
    const { irq, write, read, time } = make();
    write(0x0b, 0x12);
    time.advance(SECOND - 1);
    assert.equal(irq.level, false);
    time.advance(1);
    assert.equal(irq.level, true);
    time.advance(5 * SECOND);
    assert.equal(irq.rises, 1);
    assert.equal(read(0x0c), 0xf0, 'PF and AF (midnight) are set although their interrupts are off');
    assert.equal(irq.level, false);
    assert.equal(read(0x0c), 0);
    time.advance(SECOND);
    assert.equal(irq.rises, 2);
  });

  it('alarm: exact time, and "any" in bytes with both top bits set', () => {
    const { irq, write, read, time } = make();
    for (const [register, value] of [
      [5, 0x00],
      [3, 0x00],
      [1, 0x02],
    ] as const)
      write(register, value);
    write(0x0b, 0x22);
    time.advance(5 * SECOND - 1);
    assert.equal(irq.level, false);
    time.advance(1);
    assert.equal(irq.level, true);
    assert.equal(read(0x0c) & 0xb0, 0xb0);
    write(5, 0xc0);
    write(3, 0xff);
    time.advance(60 * SECOND - 1);
    assert.equal(irq.level, false);
    time.advance(1);
    assert.equal(irq.level, true);
  });

  it('alarm bytes that match no time of day never interrupt', () => {
    const { irq, write, time } = make();
    write(1, 0x99);
    write(0x0b, 0x22);
    time.advance(200_000 * SECOND);
    assert.equal(irq.rises, 0);
  });

  it('table 5: periodic rates from the 32.768 kHz time base, without drift', () => {
    const { irq, write, read, time } = make();
    write(0x0b, 0x42); // rate 6: 1024 Hz
    let seen = 0;
    while (time.nowNs() < SECOND) {
      time.advanceTo(Math.min(time.deadlineOf('rtc') ?? SECOND, SECOND));
      if (irq.level) {
        seen++;
        assert.equal(read(0x0c) & 0xc0, 0xc0);
      }
    }
    assert.equal(seen, 1024);
    write(0x0a, 0x2f); // 2 Hz
    read(0x0c);
    time.advance(SECOND / 2);
    assert.equal(irq.level, true);
    read(0x0c);
    write(0x0a, 0x20);
    time.advance(10 * SECOND);
    assert.equal(irq.level, false);
  });

  it('flags are set without interrupts enabled, and costs no timer', () => {
    const { read, time } = make();
    assert.equal(time.deadlineOf('rtc'), undefined);
    time.advance(SECOND);
    assert.equal(read(0x0c), 0x50);
  });

  it('CMOS: memory size, shutdown byte, VRT; bit 7 of the index masks NMI', () => {
    const { read, write, rtc } = make();
    assert.equal(read(0x15) | (read(0x16) << 8), 640);
    assert.equal(read(0x30) | (read(0x31) << 8), 0xffff, 'no more than 16 bits hold');
    assert.equal((read(0x34) | (read(0x35) << 8)) * 64 * 1024, 240 * 1024 * 1024);
    assert.equal(read(0x0d), 0x80);
    write(0x0f, 0x0a);
    assert.equal(read(0x8f), 0x0a);
    assert.equal(rtc.nmiMasked, true);
    rtc.writePort(0, 1, 0x0f);
    assert.equal(rtc.nmiMasked, false);
    assert.equal(rtc.readPort(0), 0xff);
  });

  it('reset keeps time and memory, clears interrupt enables and flags', () => {
    const { rtc, read, write, clock, time, irq } = make();
    write(0x0b, 0x72);
    write(0x40, 0x55);
    time.advance(SECOND);
    rtc.reset();
    assert.equal(irq.level, false);
    assert.equal(read(0x0b), 0x02);
    assert.equal(read(0x40), 0x55);
    assert.equal(clock(), '20 24 2 28 4 23 59 58');
  });

  it('saves and restores to the bit', () => {
    const { rtc, write, time } = make();
    write(0x0b, 0x12);
    time.advance(SECOND / 3);
    const other = make(0);
    other.time.restoreFrom(time);
    other.rtc.restore(rtc.save());
    assert.deepEqual(other.rtc.save(), rtc.save());
    other.time.advance(SECOND);
    assert.equal(other.irq.level, true);
    assert.equal(other.clock(), '20 24 2 28 4 23 59 58');
  });
});
