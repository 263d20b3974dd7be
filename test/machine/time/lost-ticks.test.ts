// Periodic ticks under contention: lost or given later, counted, with the drift of a clock made of them. One-shot timers: no exit until the next event.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ControlCore } from '../../../src/machine/control/control-core';
import { defaultParts } from '../../../src/machine/control/default-parts';
import type { HostConfig, VmConfig } from '../../../src/machine/control/types';
import { type Bytes, load, out, Reg, STI_HLT, store, storeFar, VMCALL, wrmsr } from '../../isolation/assemble';
import { fuzzImage, Place } from '../../isolation/guest';
import { hostConfig } from '../fake-host';

const TICKS = 100;
const TICK_NS = 1_000_000;
/** Interrupts on, and PAUSE until one has come: the next operation is begun by it. */
const UNTIL_TICK: Bytes = [0xfb, 0xf3, 0x90, 0xeb, 0xfc];
const APIC_ON = storeFar(0xfee0_00f0, 0x1ff, 4);
/** A period of the crystal is 40 ns. */
const LAPIC_PERIODIC: Bytes = [
  ...APIC_ON,
  ...storeFar(0xfee0_03e0, 0xb, 4),
  ...storeFar(0xfee0_0320, 0x2_0040, 4),
  ...storeFar(0xfee0_0380, TICK_NS / 40, 4),
];
/** The PICs at vector 0x20 with automatic EOI, IRQ 0 alone open; counter 0 in mode 2 at about 1 kHz. */
const PIT_PERIODIC: Bytes = [
  ...[0x11, 0x20, 4, 3, 0xfe].flatMap((value, i) => out(i === 0 ? 0x20 : 0x21, value, 1)),
  ...out(0xa1, 0xff, 1),
  ...[0x34, 0xa9, 0x04].flatMap((value, i) => out(i === 0 ? 0x43 : 0x40, value, 1)),
];
const IO_APIC_PIN = (pin: number, vector: number): Bytes => [
  ...storeFar(0xfec0_0000, 0x10 + 2 * pin, 4),
  ...storeFar(0xfec0_0010, vector, 4),
];
const NO_PIC: Bytes = [...out(0x21, 0xff, 1), ...out(0xa1, 0xff, 1)];
/** Counter 0 in mode 2 at about 1 kHz, by pin 2 of the I/O APIC alone. */
const PIT_BY_IO_APIC: Bytes = [
  ...APIC_ON,
  ...NO_PIC,
  ...IO_APIC_PIN(2, 0x50),
  ...[0x34, 0xa9, 0x04].flatMap((value, i) => out(i === 0 ? 0x43 : 0x40, value, 1)),
];
/** Comparator 0 each millisecond, by pin `pin` of the I/O APIC: legacy replacement's 2, or another that it is routed to. */
const HPET_PERIODIC = (pin: number): Bytes => [
  ...APIC_ON,
  ...NO_PIC,
  ...IO_APIC_PIN(pin, 0x50),
  ...storeFar(0xfed0_0100, (pin === 2 ? 0 : pin << 9) | 0x4c, 4),
  ...[TICK_NS / 10, 0].flatMap((value, i) => storeFar(0xfed0_0108 + 4 * i, value, 4)),
  ...storeFar(0xfed0_0010, pin === 2 ? 3 : 1, 4),
];
/** Half of the time, 10 ms at a time. */
const NEIGHBOUR: Partial<HostConfig> = { neighbours: [{ duty: 0.5, absolute: true, periodNs: 20_000_000, pcpu: 0, weight: 1024 }] };

/** The PICs at vector 0x20, IRQ 0 alone open, and one event of counter 0. */
const PIT_ONCE = (control: number, ns: number): Bytes => {
  const count = Math.round((ns * 1.193182) / 1000);
  return [
    ...[0x11, 0x20, 4, 3, 0xfe].flatMap((value, i) => out(i === 0 ? 0x20 : 0x21, value, 1)),
    ...out(0xa1, 0xff, 1),
    ...[control, count & 0xff, count >> 8].flatMap((value, i) => out(i === 0 ? 0x43 : 0x40, value, 1)),
  ];
};
const hypercall = (nr: number, ...args: number[]): Bytes => [
  ...[Reg.rdi, Reg.rsi, Reg.rdx].flatMap((reg, i) => load(reg, args[i] ?? 0)),
  ...load(Reg.rax, nr),
  ...VMCALL,
];
/** VIRQ_TIMER bound to a port, upcalls by vector 0x50 of the local APIC, and a singleshot timer (public/event_channel.h, hvm_op.h, vcpu.h). */
const XEN_SINGLESHOT = (ns: number): Bytes => {
  const [bind, upcall, timer] = [Place.scratch, Place.scratch + 0x100, Place.scratch + 0x200];
  return [
    ...APIC_ON,
    ...store(bind, 0),
    ...store(bind + 8, 0),
    ...hypercall(32, 1, bind),
    ...store(upcall, 0x50n << 32n),
    ...hypercall(34, 23, upcall),
    ...store(timer, ns),
    ...store(timer + 8, 0),
    ...hypercall(24, 8, 0, timer),
  ];
};

function run(operations: readonly Bytes[], vm: Partial<VmConfig> = {}, host: Partial<HostConfig> = {}) {
  const image = { path: 'ticks.elf', bytes: fuzzImage(operations, 0) };
  const core = new ControlCore(hostConfig({ image, ...vm }, host), defaultParts());
  core.host.control.stopOn = { tripleFault: false, haltedForever: false };
  core.resume();
  while (core.running) if (core.advance(1_000_000, Number.POSITIVE_INFINITY) === 'idle-for-ever') break;
  assert.equal(core.host.exit?.reason, 'debug-exit');
  const statistics = core.statistics();
  return { ...statistics, clock: (source: string) => statistics.ticks.find((each) => each.source === source)!, digest: core.digest() };
}
const counting = (setUp: Bytes): Bytes[] => [setUp, ...Array.from({ length: TICKS }, () => UNTIL_TICK)];

describe('machine/time: ticks', function () {
  this.timeout(300_000);

  it('alone no tick is lost', () => {
    const { clock, virtualNs } = run(counting(LAPIC_PERIODIC));
    assert.deepEqual({ ...clock('lapic'), points: 0 }, { vm: 0, vcpu: 0, source: 'lapic', ticks: TICKS, lost: 0, behindNs: 0, points: 0 });
    assert.ok(Math.abs(virtualNs - TICKS * TICK_NS) < TICK_NS);
  });

  it('under contention ticks of a periodic local APIC timer are lost, and the clock made of them falls behind', () => {
    const { clock, virtualNs } = run(counting(LAPIC_PERIODIC), {}, NEIGHBOUR);
    const { ticks, lost, behindNs, points } = clock('lapic');
    assert.equal(ticks - lost, TICKS, 'the guest has seen the rest');
    assert.equal(behindNs, lost * TICK_NS);
    assert.equal(points.at(-1)?.behindNs, behindNs);
    assert.ok(lost > TICKS / 2, `${lost} of ${ticks}`);
    assert.ok(virtualNs > 1.6 * TICKS * TICK_NS, 'by ticks it was half as long');
    assert.ok(points.every((point, i) => i === 0 || point.atNs >= points[i - 1]!.atNs));
  });

  it('lostTicks "catch-up" gives them later, one by one', () => {
    const { clock, virtualNs } = run(counting(LAPIC_PERIODIC), { lostTicks: 'catch-up' }, NEIGHBOUR);
    assert.ok(clock('lapic').lost <= 11, 'what is owed at the end');
    assert.ok(virtualNs < 1.2 * TICKS * TICK_NS);
  });

  it('ticks of the PIT are given later unless told otherwise, as KVM does', () => {
    const kept = run(counting(PIT_PERIODIC), {}, NEIGHBOUR);
    assert.ok(kept.clock('pit').lost <= 11 && kept.clock('pit').ticks >= TICKS, JSON.stringify({ ...kept.clock('pit'), points: [] }));
    assert.ok(kept.virtualNs < 1.2 * TICKS * TICK_NS);
    const lost = run(counting(PIT_PERIODIC), { lostTicks: 'lost' }, NEIGHBOUR);
    assert.ok(lost.clock('pit').lost > TICKS / 2, JSON.stringify({ ...lost.clock('pit'), points: [] }));
    assert.ok(lost.virtualNs > 1.6 * TICKS * TICK_NS);
  });

  it('ticks of the PIT that come by the I/O APIC are counted and given later as those by the PIC', () => {
    const alone = run(counting(PIT_BY_IO_APIC));
    assert.deepEqual([alone.clock('pit').ticks, alone.clock('pit').lost], [TICKS, 0]);
    const kept = run(counting(PIT_BY_IO_APIC), {}, NEIGHBOUR);
    assert.ok(kept.clock('pit').lost <= 11 && kept.clock('pit').ticks >= TICKS, JSON.stringify({ ...kept.clock('pit'), points: [] }));
    assert.ok(kept.virtualNs < 1.2 * TICKS * TICK_NS);
    const lost = run(counting(PIT_BY_IO_APIC), { lostTicks: 'lost' }, NEIGHBOUR);
    assert.equal(lost.clock('pit').ticks - lost.clock('pit').lost, TICKS, 'the guest has seen the rest');
    assert.ok(lost.clock('pit').lost > TICKS / 2);
    assert.ok(lost.virtualNs > 1.6 * TICKS * TICK_NS);
  });

  for (const pin of [2, 16])
    it(`ticks of a periodic HPET on pin ${pin} are lost, or given later where that is chosen`, () => {
      const pc = { machine: 'pc' } as const;
      const alone = run(counting(HPET_PERIODIC(pin)), pc).clock('hpet');
      assert.deepEqual([alone.ticks, alone.lost, alone.behindNs], [TICKS, 0, 0]);
      const lost = run(counting(HPET_PERIODIC(pin)), pc, NEIGHBOUR);
      const { ticks, lost: count, behindNs } = lost.clock('hpet');
      assert.equal(ticks - count, TICKS, 'the guest has seen the rest');
      assert.equal(behindNs, count * TICK_NS);
      assert.ok(count > TICKS / 2, `${count} of ${ticks}`);
      assert.ok(lost.virtualNs > 1.6 * TICKS * TICK_NS);
      const kept = run(counting(HPET_PERIODIC(pin)), { ...pc, lostTicks: 'catch-up' }, NEIGHBOUR);
      assert.ok(kept.clock('hpet').lost <= 11, JSON.stringify({ ...kept.clock('hpet'), points: [] }));
      assert.ok(kept.virtualNs < 1.2 * TICKS * TICK_NS);
    });

  const naps: [string, Partial<VmConfig>, (ns: number) => Bytes][] = [
    [
      'local APIC, one-shot',
      {},
      (ns) => [...APIC_ON, ...storeFar(0xfee0_03e0, 0xb, 4), ...storeFar(0xfee0_0320, 0x40, 4), ...storeFar(0xfee0_0380, ns / 40, 4)],
    ],
    ['local APIC, TSC deadline', {}, (ns) => [...APIC_ON, ...storeFar(0xfee0_0320, 0x4_0040, 4), ...wrmsr(0x6e0, BigInt(ns) * 2n)]],
    [
      'HPET, one-shot by the I/O APIC',
      { machine: 'pc' },
      (ns) => [
        ...APIC_ON,
        ...storeFar(0xfec0_0000, 0x10 + 2 * 16, 4),
        ...storeFar(0xfec0_0010, 0x50, 4),
        ...storeFar(0xfed0_0100, (16 << 9) | 4, 4),
        ...storeFar(0xfed0_0108, ns / 10, 4),
        ...storeFar(0xfed0_010c, 0, 4),
        ...storeFar(0xfed0_0010, 1, 4),
      ],
    ],
    // As Linux programs a clock event of the PIT: mode 4 for one event, mode 0 with a count of 0 for none.
    ['PIT, mode 4 (software strobe)', {}, (ns) => PIT_ONCE(0x38, ns)],
    ['PIT, mode 0 (interrupt on terminal count)', {}, (ns) => PIT_ONCE(0x30, ns)],
    ['Xen, VCPUOP_set_singleshot_timer', { hypervisor: 'xen', machine: 'pc' }, XEN_SINGLESHOT],
  ];
  for (const [name, vm, nap] of naps) {
    it(`a guest that sleeps causes no exit until its next event: ${name}`, () => {
      const [short, long] = [2_000_000, 20_000_000].map((ns) => run([[...nap(ns), ...STI_HLT]], vm));
      assert.ok(short!.virtualNs > 2_000_000 && short!.virtualNs < 3_000_000, `${short!.virtualNs}`);
      assert.ok(long!.virtualNs > 20_000_000 && long!.virtualNs < 21_000_000, `${long!.virtualNs}`);
      assert.deepEqual(
        long!.exits.map(({ reason, count }) => [reason, count]),
        short!.exits.map(({ reason, count }) => [reason, count]),
      );
    });
  }
});
