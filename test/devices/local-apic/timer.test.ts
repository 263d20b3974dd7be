// SDM vol 3, chapter 10 ("Advanced Programmable Interrupt Controller"); section numbers in the names.
import assert from 'node:assert/strict';
import { CURRENT, DIVIDE, INITIAL, LVT_TIMER, make, NS_PER_TICK, SVR } from './apics';

describe('local APIC timer', () => {
  const start = (lvt: number, divide: number, count: number) => {
    const made = make();
    made.enable();
    made.first.write(DIVIDE, divide);
    made.first.write(LVT_TIMER, lvt);
    made.first.write(INITIAL, count);
    return made;
  };

  it('10.5.4 one-shot counts down at 25 MHz over the divider and interrupts once', () => {
    const { time, first } = start(0x40, 0x03, 100); // divide by 16
    assert.equal(first.read(CURRENT), 100);
    time.advance(NS_PER_TICK * 16 - 1);
    assert.equal(first.read(CURRENT), 100);
    time.advance(1);
    assert.equal(first.read(CURRENT), 99);
    time.advanceTo(NS_PER_TICK * 16 * 100 - 1);
    assert.deepEqual([first.read(CURRENT), first.cpu.pending], [1, false]);
    time.advance(1);
    assert.deepEqual([first.read(CURRENT), first.cpu.pending], [0, true]);
    assert.equal(time.deadlineOf('vcpu0.lapic'), undefined);
    assert.equal(first.read(INITIAL), 100);
  });

  it('10.5.4 every divide value', () => {
    const values = [0x0, 0x1, 0x2, 0x3, 0x8, 0x9, 0xa, 0xb];
    assert.deepEqual(
      values.map((divide) => start(0x40, divide, 1).time.deadlineOf('vcpu0.lapic')! / NS_PER_TICK),
      [2, 4, 8, 16, 32, 64, 128, 1],
    );
  });

  it('10.5.4 periodic reloads without drift; writing 0 stops it', () => {
    const { time, first } = start(0x20040, 0x0b, 1000);
    let seen = 0;
    for (let i = 0; i < 100; i++) {
      time.advance(NS_PER_TICK * 1000);
      if (first.cpu.pending) seen++;
      first.apic.acknowledge();
      first.apic.eoi();
    }
    assert.equal(seen, 100);
    assert.equal(first.read(CURRENT), 1000);
    first.write(INITIAL, 0);
    assert.equal(time.deadlineOf('vcpu0.lapic'), undefined);
    assert.equal(first.read(CURRENT), 0);
  });

  it('10.5.4 a masked timer counts but does not interrupt; a new divider keeps the remaining count', () => {
    const { time, first } = start(0x10040, 0x0b, 1000);
    time.advance(NS_PER_TICK * 400);
    first.write(DIVIDE, 0x00);
    assert.equal(first.read(CURRENT), 600);
    time.advance(NS_PER_TICK * 2 * 600);
    assert.equal(first.read(CURRENT), 0);
    assert.equal(first.cpu.pending, false);
  });

  it('10.5.4 a masked periodic timer makes no events and goes on in step when unmasked', () => {
    const { time, first } = start(0x30040, 0x0b, 1000);
    assert.equal(time.deadlineOf('vcpu0.lapic'), undefined);
    time.advance(NS_PER_TICK * 2300);
    assert.equal(first.read(CURRENT), 700);
    first.write(LVT_TIMER, 0x20040);
    assert.equal(first.cpu.pending, false, 'what expired while masked is lost');
    assert.equal(time.deadlineOf('vcpu0.lapic'), NS_PER_TICK * 3000);
    first.write(SVR, 0xff);
    assert.equal(time.deadlineOf('vcpu0.lapic'), undefined, 'software-disabled: masked again');
  });

  it('10.5.4.1 a masked TSC deadline passes silently', () => {
    const { time, first } = start(0x50040, 0x0b, 0);
    first.apic.timer.tscDeadline = 2000n;
    time.advance(999);
    assert.equal(first.apic.timer.tscDeadline, 2000n);
    time.advance(1);
    assert.equal(first.apic.timer.tscDeadline, 0n);
    first.write(LVT_TIMER, 0x40040);
    assert.equal(time.deadlineOf('vcpu0.lapic'), undefined);
  });

  it('10.5.4.1 TSC-deadline: armed by the MSR, reads 0 after it fired, 0 disarms', () => {
    const { time, first } = start(0x40040, 0x0b, 77);
    assert.equal(first.read(INITIAL), 0, 'the initial count is ignored in this mode');
    first.apic.timer.tscDeadline = 2001n;
    assert.equal(first.apic.timer.tscDeadline, 2001n);
    assert.equal(first.read(CURRENT), 0);
    time.advance(1000);
    assert.equal(first.cpu.pending, false);
    time.advance(1);
    assert.equal(first.cpu.pending, true);
    assert.equal(first.apic.timer.tscDeadline, 0n);
    first.apic.timer.tscDeadline = 9000n;
    first.apic.timer.tscDeadline = 0n;
    assert.equal(time.deadlineOf('vcpu0.lapic'), undefined);
  });

  it('10.5.4.1 a deadline in the past fires at once, one beyond virtual time never; changing the mode disarms', () => {
    const { time, first } = start(0x40040, 0x0b, 0);
    time.advance(5000);
    first.apic.timer.tscDeadline = 1n;
    time.advance(0);
    assert.equal(first.cpu.pending, true);
    first.apic.timer.tscDeadline = (1n << 64n) - 1n;
    assert.equal(time.deadlineOf('vcpu0.lapic'), undefined);
    first.apic.timer.tscDeadline = 90_000n;
    first.write(LVT_TIMER, 0x40);
    assert.equal(time.deadlineOf('vcpu0.lapic'), undefined);
    assert.equal(first.apic.timer.tscDeadline, 0n);
    first.apic.timer.tscDeadline = 90_000n;
    assert.equal(first.apic.timer.tscDeadline, 0n, 'ignored outside the mode');
  });
});
