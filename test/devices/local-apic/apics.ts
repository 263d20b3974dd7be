// Local APICs on a bus, with a processor and a clock of the test's, and the offsets of their registers (SDM vol 3, table 10-1).
import assert from 'node:assert/strict';
import { ApicBus } from '../../../src/devices/local-apic/apic-bus';
import { LocalApic } from '../../../src/devices/local-apic/local-apic';
import type { ApicMessage } from '../../../src/devices/local-apic/messages';
import { ApicRegisters } from '../../../src/devices/local-apic/register-access';
import { FakeCpu, FakeTime, tickCount } from '../fakes';

export const [ID, VERSION, TPR, PPR, EOI, LDR, DFR, SVR, ISR, TMR, IRR, ESR] = [
  0x20, 0x30, 0x80, 0xa0, 0xb0, 0xd0, 0xe0, 0xf0, 0x100, 0x180, 0x200, 0x280,
];
export const [ICR, ICR2, LVT_TIMER, LVT_LINT0, LVT_LINT1, LVT_ERROR, INITIAL, CURRENT, DIVIDE] = [
  0x300, 0x310, 0x320, 0x350, 0x360, 0x370, 0x380, 0x390, 0x3e0,
];
export const NS_PER_TICK = 40;

export function make(cpus = 1, extInt = 0x42) {
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
