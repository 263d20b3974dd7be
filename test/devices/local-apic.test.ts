// SDM vol 3, chapter 10 ("Advanced Programmable Interrupt Controller"); section numbers in the names.
import assert from 'node:assert/strict';
import { ApicBus } from '../../src/devices/local-apic/apic-bus';
import { LocalApic } from '../../src/devices/local-apic/local-apic';
import type { ApicMessage, DeliveryMode } from '../../src/devices/local-apic/messages';
import { ApicRegisters } from '../../src/devices/local-apic/register-access';
import { FakeCpu, FakeTime, tickCount } from './fakes';

const [ID, VERSION, TPR, PPR, EOI, LDR, DFR, SVR, ISR, TMR, IRR, ESR] = [
  0x20, 0x30, 0x80, 0xa0, 0xb0, 0xd0, 0xe0, 0xf0, 0x100, 0x180, 0x200, 0x280,
];
const [ICR, ICR2, LVT_TIMER, LVT_LINT0, LVT_LINT1, LVT_ERROR, INITIAL, CURRENT, DIVIDE] = [
  0x300, 0x310, 0x320, 0x350, 0x360, 0x370, 0x380, 0x390, 0x3e0,
];
const NS_PER_TICK = 40;

function make(cpus = 1, extInt = 0x42) {
  const time = new FakeTime();
  const observed: string[] = [];
  const bus = new ApicBus({
    onAccepted: (apicId, vector, level, from) => observed.push(`${apicId} takes ${vector.toString(16)} level ${level} from ${from ?? '-'}`),
    onEnded: (apicId, vector) => observed.push(`${apicId} ends ${vector.toString(16)}`),
    onIpi: (from, to, vector, delivery, via) =>
      observed.push(`${from} sends ${vector.toString(16)} mode ${delivery} to ${to ?? '-'} via ${via}`),
  });
  const eois: number[] = [];
  bus.attachEoiListener({ endOfInterrupt: (vector) => eois.push(vector) });
  const all = Array.from({ length: cpus }, (_, apicId) => {
    const cpu = new FakeCpu();
    let extInts = 0;
    const apic = new LocalApic({
      vcpuName: `vcpu${apicId}`,
      apicId,
      isBsp: apicId === 0,
      physicalAddressBits: 40,
      signals: cpu,
      bus,
      clock: time,
      timers: time,
      tsc: { deadlineNs: (tsc) => (tsc > 1n << 54n ? undefined : Number((tsc + 1n) / 2n)) }, // 2 GHz from 0
      ticks: tickCount('lapic'),
      onTaken: () => {},
      acknowledgeExtInt: () => {
        extInts++;
        apic.setLint0(false);
        return extInt;
      },
    });
    const registers = new ApicRegisters(apic);
    const write = (offset: number, value: number) => registers.writeMmio(offset, 4, value);
    const read = (offset: number) => registers.readMmio(offset, 4);
    return { cpu, apic, registers, write, read, extInts: () => extInts };
  });
  const enable = () => {
    for (const { write } of all) write(SVR, 0x1ff);
  };
  const x2apic = () => {
    for (const { apic } of all) assert.equal(apic.writeApicBase(apic.apicBase | 0xc00n), true);
  };
  const send = (message: Partial<ApicMessage>) =>
    bus.send({ destination: 0, wide: false, logical: false, delivery: 0, vector: 0x40, levelTriggered: false, ...message });
  return { time, bus, observed, eois, all, first: all[0]!, enable, x2apic, send };
}

describe('local APIC', () => {
  it('10.4.7.1 state after power-up', () => {
    const { first, all } = make(2);
    const { read } = first;
    assert.deepEqual(
      [ID, VERSION, TPR, PPR, LDR, DFR, SVR, LVT_TIMER, LVT_LINT1, ESR, ICR, INITIAL, CURRENT, DIVIDE].map(read),
      [0, 0x50014, 0, 0, 0, 0xffffffff, 0xff, 0x10000, 0x10000, 0, 0, 0, 0, 0],
    );
    assert.equal(read(LVT_LINT0), 0x700, 'virtual wire mode, as firmware leaves it');
    assert.equal(all[1]!.read(LVT_LINT0), 0x10000);
    assert.equal(all[1]!.read(ID), 0x01000000);
    assert.equal(first.apic.apicBase, 0xfee00900n);
    assert.equal(all[1]!.apic.apicBase, 0xfee00800n);
  });

  it('10.8.4 an accepted interrupt is in IRR, then in ISR, then gone', () => {
    const { first, enable, send } = make();
    enable();
    assert.equal(send({ vector: 0x61 }), 1);
    assert.equal(first.cpu.pending, true);
    assert.equal(first.apic.pendingVector(), 0x61);
    assert.equal(first.read(IRR + 0x30), 2);
    assert.equal(first.apic.acknowledge(), 0x61);
    assert.equal(first.cpu.pending, false);
    assert.deepEqual([first.read(IRR + 0x30), first.read(ISR + 0x30), first.read(PPR)], [0, 2, 0x60]);
    first.write(EOI, 0);
    assert.deepEqual([first.read(ISR + 0x30), first.read(PPR)], [0, 0]);
  });

  it('10.8.3 priority classes: only a higher class interrupts; TPR and CR8', () => {
    const { first, enable, send } = make();
    enable();
    send({ vector: 0x51 });
    first.apic.acknowledge();
    send({ vector: 0x5f });
    assert.equal(first.cpu.pending, false, 'same class');
    send({ vector: 0x60 });
    assert.equal(first.apic.acknowledge(), 0x60);
    first.write(TPR, 0x65);
    assert.equal(first.read(PPR), 0x65, 'TPR wins an equal class with its sub-class');
    first.apic.cr8 = 7;
    assert.equal(first.read(TPR), 0x70);
    send({ vector: 0x7f });
    assert.equal(first.cpu.pending, false);
    first.apic.cr8 = 0;
    assert.equal(first.cpu.pending, true);
    first.write(TPR, 0xff);
    assert.equal(first.cpu.pending, false);
    assert.equal(first.apic.cr8, 15);
  });

  it('10.9 the spurious vector when the request cannot be taken any more; no ISR bit, no EOI', () => {
    const { first, enable, send } = make();
    enable();
    first.write(SVR, 0x1ef);
    send({ vector: 0x40 });
    first.write(TPR, 0x40);
    assert.equal(first.apic.acknowledge(), 0xef);
    assert.equal(first.apic.isrHighest(), undefined);
    assert.equal(first.apic.irrHighest(), 0x40);
  });

  it('10.4.7.2 software-disabled: no fixed interrupts, LVT stays masked, NMI and INIT are taken', () => {
    const { first, enable, send } = make();
    assert.equal(send({}), 0);
    assert.equal(send({ delivery: 4 }), 1);
    assert.equal(send({ delivery: 5 }), 1);
    assert.deepEqual(first.cpu.log, ['nmi', 'init']);
    first.write(LVT_TIMER, 0x40);
    assert.equal(first.read(LVT_TIMER), 0x10040);
    enable();
    first.write(LVT_TIMER, 0x40);
    first.write(SVR, 0xff);
    assert.equal(first.read(LVT_TIMER), 0x10040);
  });

  it('10.8.5 EOI of a level-triggered interrupt is broadcast, of an edge is not', () => {
    const { first, enable, send, eois } = make();
    enable();
    send({ vector: 0x31, levelTriggered: true });
    assert.equal(first.read(TMR + 0x10), 1 << 17);
    first.apic.acknowledge();
    first.write(EOI, 0);
    assert.deepEqual(eois, [0x31]);
    send({ vector: 0x31 });
    assert.equal(first.read(TMR + 0x10), 0);
    first.apic.acknowledge();
    first.write(EOI, 0);
    first.write(EOI, 0);
    assert.deepEqual(eois, [0x31]);
  });

  it('10.5.3 errors: illegal vectors, illegal registers; ESR shows them after a write', () => {
    const { first, enable, send } = make();
    enable();
    first.write(LVT_ERROR, 0xfe);
    assert.equal(send({ vector: 0x0f }), 0);
    assert.equal(first.apic.acknowledge(), 0xfe);
    first.write(EOI, 0);
    assert.equal(first.read(ESR), 0);
    first.write(ESR, 0);
    assert.equal(first.read(ESR), 0x40);
    first.write(ICR, 0x00040005); // fixed, self, vector 5
    first.read(0x40);
    first.write(0x3f0, 0x55);
    first.write(ESR, 0);
    assert.equal(first.read(ESR), 0xa0);
    first.write(ESR, 0);
    assert.equal(first.read(ESR), 0);
    first.write(LVT_ERROR, 0x02); // its own vector is illegal: logged once, no recursion
    first.read(0x40);
    first.write(ESR, 0);
    assert.equal(first.read(ESR), 0xc0);
  });

  it('10.4.1 only aligned 32-bit writes count; narrow reads see their part', () => {
    const { first } = make();
    first.registers.writeMmio(TPR, 1, 0x55);
    first.registers.writeMmio(TPR + 4, 4, 0x55);
    assert.equal(first.read(TPR), 0);
    assert.equal(first.registers.readMmio(VERSION + 2, 2), 5);
    assert.equal(first.registers.readMmio(VERSION + 4, 4), 0);
  });
});

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

describe('local vector table', () => {
  it('10.5.1 LINT0 as ExtINT passes the PIC on, before own interrupts and without ISR', () => {
    const { first, enable, send } = make();
    enable();
    send({ vector: 0xf0 });
    first.apic.setLint0(true);
    assert.equal(first.apic.acknowledge(), 0x42);
    assert.equal(first.apic.isrHighest(), undefined);
    assert.equal(first.apic.acknowledge(), 0xf0);
    first.write(LVT_LINT0, 0x10700);
    first.apic.setLint0(true);
    assert.equal(first.cpu.pending, false);
    first.write(LVT_LINT0, 0x700);
    assert.equal(first.cpu.pending, true, 'a level, not an edge');
  });

  it('10.5.1 LINT1 as NMI, LINT0 as fixed edge', () => {
    const { first, enable } = make();
    enable();
    first.write(LVT_LINT1, 0x400);
    first.apic.setLint1(true);
    first.apic.setLint1(true);
    assert.deepEqual(first.cpu.log, ['nmi']);
    first.write(LVT_LINT0, 0x55);
    first.apic.setLint0(true);
    assert.equal(first.apic.acknowledge(), 0x55);
  });

  it('10.5.1 LINT0 as fixed level holds remote IRR until EOI and comes again', () => {
    const { first, enable } = make();
    enable();
    first.write(LVT_LINT0, 0x8055);
    first.apic.setLint0(true);
    assert.equal(first.read(LVT_LINT0), 0xc055);
    first.apic.acknowledge();
    first.write(EOI, 0);
    assert.equal(first.cpu.pending, true);
    first.apic.acknowledge();
    first.apic.setLint0(false);
    first.write(EOI, 0);
    assert.equal(first.read(LVT_LINT0), 0x8055);
    assert.equal(first.cpu.pending, false);
  });

  it('an ExtINT message of the I/O APIC is acknowledged at the PIC', () => {
    const { first, send } = make();
    first.write(LVT_LINT0, 0x10000);
    send({ delivery: 7 });
    assert.equal(first.cpu.pending, true);
    assert.equal(first.apic.acknowledge(), 0x42);
    assert.equal(first.cpu.pending, false);
  });
});

describe('inter-processor interrupts', () => {
  const pendingOf = (all: ReturnType<typeof make>['all']) => all.map(({ apic }) => apic.pendingVector() ?? 0);

  it('10.6.1 physical destination and broadcast', () => {
    const { all, first, enable } = make(3);
    enable();
    first.write(ICR2, 0x02000000);
    first.write(ICR, 0x40);
    assert.deepEqual(pendingOf(all), [0, 0, 0x40]);
    assert.equal(first.read(ICR), 0x40, 'delivery status is idle');
    first.write(ICR2, 0xff000000);
    first.write(ICR, 0x50);
    assert.deepEqual(pendingOf(all), [0x50, 0x50, 0x50]);
  });

  it('10.6.1 shorthands: self, all, all but self', () => {
    const { all, enable } = make(3);
    enable();
    all[1]!.write(ICR, 0x40041);
    assert.deepEqual(pendingOf(all), [0, 0x41, 0]);
    all[1]!.write(ICR, 0xc0042);
    assert.deepEqual(pendingOf(all), [0x42, 0x41, 0x42]);
    all[1]!.write(ICR, 0x80043);
    assert.deepEqual(pendingOf(all), [0x43, 0x43, 0x43]);
  });

  it('10.6.2.2 logical flat and cluster destinations', () => {
    const { all, first, enable } = make(4);
    enable();
    for (const [i, { write }] of all.entries()) write(LDR, (1 << i) << 24);
    first.write(ICR2, 0x0a000000);
    first.write(ICR, 0x840);
    assert.deepEqual(pendingOf(all), [0, 0x40, 0, 0x40]);
    all.forEach(({ write }, i) => {
      write(DFR, 0x0fffffff);
      write(LDR, (((i >> 1) << 4) | (1 << (i & 1))) << 24);
    });
    first.write(ICR2, 0x13000000);
    first.write(ICR, 0x851);
    assert.deepEqual(pendingOf(all), [0, 0x40, 0x51, 0x51]);
    first.write(ICR2, 0xf1000000);
    first.write(ICR, 0x861);
    assert.deepEqual(pendingOf(all), [0x61, 0x40, 0x61, 0x51]);
  });

  it('10.6.2.4 lowest priority goes to the least busy; of equals to the lowest id', () => {
    const { all, enable, send } = make(3);
    enable();
    all[0]!.write(TPR, 0x20);
    send({ delivery: 1, destination: 0xff, logical: true, vector: 0x40 });
    assert.deepEqual(pendingOf(all), [0, 0x40, 0]);
    all[1]!.write(TPR, 0x30);
    all[1]!.write(SVR, 0xff);
    send({ delivery: 1, destination: 0xff, logical: true, vector: 0x50 });
    assert.deepEqual(pendingOf(all), [0, 0x40, 0x50]);
  });

  it('10.6.1 INIT, SIPI, NMI, SMI; INIT level de-assert sends nothing', () => {
    const { all, first } = make(2);
    all[1]!.write(LVT_TIMER, 0x55);
    all[1]!.write(TPR, 0x30);
    first.write(ICR2, 0x01000000);
    for (const low of [0xc500, 0x8500, 0x4699, 0x4400, 0x4200]) first.write(ICR, low);
    assert.deepEqual(all[1]!.cpu.log, ['init', 'startup 99', 'nmi', 'smi']);
    assert.equal(all[1]!.read(TPR), 0, '10.4.7.3: INIT resets the registers');
    assert.equal(all[1]!.read(ID), 0x01000000);
  });

  it('10.11 message-signalled interrupts', () => {
    const { all, bus, enable } = make(2);
    enable();
    assert.equal(bus.sendMsi(0xfee01000, 0x0045), 1);
    assert.deepEqual(pendingOf(all), [0, 0x45]);
    assert.equal(bus.sendMsi(0xfee07000, 0x0045), 0);
  });
});

describe('x2APIC', () => {
  it('10.12.5 transitions of IA32_APIC_BASE', () => {
    const { first } = make();
    const { apic } = first;
    assert.equal(apic.mmioBaseGpa, 0xfee00000);
    assert.equal(apic.writeApicBase(0xfee00500n), false, 'EXTD without EN');
    assert.equal(apic.writeApicBase(0xfee00901n), false, 'reserved bit');
    assert.equal(apic.writeApicBase(1n << 41n), false, 'above the physical address width');
    assert.equal(apic.writeApicBase(0xfec10900n), true);
    assert.equal(apic.mmioBaseGpa, 0xfec10000);
    assert.equal(apic.writeApicBase(0xfee00d00n), true);
    assert.equal(apic.mode, 'x2apic');
    assert.equal(apic.mmioBaseGpa, undefined);
    assert.equal(apic.writeApicBase(0xfee00900n), false, 'x2APIC to xAPIC');
    assert.equal(apic.writeApicBase(0xfee00100n), true);
    assert.equal(apic.mode, 'disabled');
    assert.equal(apic.writeApicBase(0xfee00d00n), false, 'disabled to x2APIC');
    assert.equal(apic.writeApicBase(0xfee00900n), true);
  });

  it('10.4.3 disabled: LINT0 is INTR, messages do not arrive, registers start anew', () => {
    const { first, enable, send } = make();
    enable();
    first.write(LVT_LINT0, 0x10000);
    first.apic.writeApicBase(0xfee00100n);
    assert.equal(send({ delivery: 4 }), 0);
    first.apic.setLint0(true);
    assert.equal(first.apic.acknowledge(), 0x42);
    first.apic.writeApicBase(0xfee00900n);
    assert.equal(first.read(SVR), 0xff);
  });

  it('10.12.1.2 MSR access: #GP for absent, read-only, write-only registers and reserved bits; in xAPIC mode always', () => {
    const { first, x2apic } = make();
    assert.equal(first.registers.readMsr(0x802), undefined);
    x2apic();
    const { readMsr, writeMsr } = {
      readMsr: (msr: number) => first.registers.readMsr(msr),
      writeMsr: (msr: number, value: bigint) => first.registers.writeMsr(msr, value),
    };
    assert.equal(readMsr(0x803), 0x50014n);
    for (const msr of [0x80b, 0x83f, 0x80e, 0x831, 0x809, 0x80c, 0x804, 0x8ff]) assert.equal(readMsr(msr), undefined, msr.toString(16));
    for (const msr of [0x802, 0x803, 0x80a, 0x80d, 0x810, 0x839, 0x80e]) assert.equal(writeMsr(msr, 0n), false, msr.toString(16));
    assert.equal(writeMsr(0x808, 0x100n), false);
    assert.equal(writeMsr(0x808, 1n << 32n), false);
    assert.equal(writeMsr(0x80b, 1n), false);
    assert.equal(writeMsr(0x828, 1n), false);
    assert.equal(writeMsr(0x830, 1n << 13n), false);
    assert.equal(writeMsr(0x83e, 0x4n), false);
    assert.equal(writeMsr(0x808, 0x20n), true);
    assert.equal(readMsr(0x808), 0x20n);
    assert.equal(writeMsr(0x80f, 0x1ffn), true);
  });

  it('10.12.10.2 logical ids are derived; 32-bit destinations', () => {
    const { all, first, enable, x2apic } = make(20);
    enable();
    x2apic();
    assert.equal(all[18]!.registers.readMsr(0x80d), 0x0001_0004n);
    first.registers.writeMsr(0x830, (0x0001_000cn << 32n) | 0x840n);
    assert.deepEqual(
      all.flatMap(({ apic }, id) => (apic.pendingVector() === 0x40 ? [id] : [])),
      [18, 19],
    );
    first.registers.writeMsr(0x830, (17n << 32n) | 0x41n);
    assert.equal(all[17]!.apic.pendingVector(), 0x41);
    assert.equal(first.registers.readMsr(0x830), (17n << 32n) | 0x41n);
    first.registers.writeMsr(0x830, (0xffffffffn << 32n) | 0x51n);
    assert.equal(
      all.every(({ apic }) => apic.pendingVector() === 0x51),
      true,
    );
  });

  it('10.12.11 self IPI', () => {
    const { first, enable, x2apic } = make();
    enable();
    x2apic();
    assert.equal(first.registers.writeMsr(0x83f, 0x77n), true);
    assert.equal(first.apic.acknowledge(), 0x77);
    assert.equal(first.registers.writeMsr(0x80b, 0n), true);
    assert.equal(first.apic.isrHighest(), undefined);
  });
});

describe('paravirtual EOI hooks', () => {
  it('the observer hears acknowledges, and can make an EOI real before the APIC is used', () => {
    const { first, enable, send } = make();
    enable();
    const log: string[] = [];
    let guestEnded = false;
    first.apic.setEoiObserver({
      onAcknowledge: (vector, level) => log.push(`${vector.toString(16)} ${level}`),
      beforeUse: () => {
        if (!guestEnded) return;
        guestEnded = false;
        first.apic.eoi();
      },
    });
    send({ vector: 0x51 });
    first.apic.acknowledge();
    assert.deepEqual(first.apic.isrHighest(), { vector: 0x51, levelTriggered: false });
    assert.equal(first.apic.irrHighest(), undefined);
    guestEnded = true; // in memory only
    send({ vector: 0x52 });
    assert.equal(first.cpu.pending, true, 'the old interrupt of the same class ended before the new one was judged');
    assert.equal(first.apic.acknowledge(), 0x52);
    assert.deepEqual(log, ['51 false', '52 false']);
  });
});

describe('local APIC observer', () => {
  it('hears of IPIs per target, of accepted and of ended interrupts', () => {
    const { all, first, enable, send, observed } = make(3);
    enable();
    first.write(ICR, 0xc0040); // all but self
    first.write(ICR2, 0x05000000);
    first.write(ICR, 0x41);
    first.write(ICR, 0x40042);
    send({ vector: 0x50, destination: 1, levelTriggered: true });
    all[1]!.apic.acknowledge();
    all[1]!.write(EOI, 0);
    all[1]!.write(EOI, 0);
    assert.deepEqual(observed, [
      '0 sends 40 mode 0 to 1 via icr',
      '0 sends 40 mode 0 to 2 via icr',
      '1 takes 40 level false from 0',
      '2 takes 40 level false from 0',
      '0 sends 41 mode 0 to - via icr',
      '0 sends 42 mode 0 to 0 via self',
      '0 takes 42 level false from 0',
      '1 takes 50 level true from -',
      '1 ends 50',
    ]);
  });
});

describe('local APIC state', () => {
  it('saves and restores to the bit, the timer running', () => {
    const { time, first, enable, send } = make();
    enable();
    first.write(LVT_TIMER, 0x20040);
    first.write(INITIAL, 1000);
    send({ vector: 0x61 });
    first.apic.acknowledge();
    send({ vector: 0x33 as number, delivery: 0 as DeliveryMode, levelTriggered: true });
    time.advance(12_345);
    const other = make();
    other.time.restoreFrom(time);
    other.first.apic.restore(first.apic.save());
    assert.deepEqual(other.first.apic.save(), first.apic.save());
    assert.equal(other.first.read(CURRENT), first.read(CURRENT));
    for (const each of [time, other.time]) each.advance(40_000);
    assert.deepEqual(other.first.apic.save(), first.apic.save());
    first.apic.reset();
    assert.deepEqual(first.apic.save(), make().first.apic.save());
  });
});
