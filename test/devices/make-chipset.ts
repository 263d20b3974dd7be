// A whole chip set on fakes, for tests of devices where the guest sees them.
import type { UnclaimedAccess } from '../../src/devices/bus';
import { Chipset, type ChipsetPorts } from '../../src/devices/chipset';
import { FakeCpu, FakePower, FakeSink, FakeTime } from './fakes';

export function makeChipset(more: Partial<ChipsetPorts> = {}) {
  const time = new FakeTime();
  const power = new FakePower();
  const [serial, debugConsole, screen] = [new FakeSink(), new FakeSink(), new FakeSink()];
  const unclaimed: UnclaimedAccess[] = [];
  const cpus = [new FakeCpu(), new FakeCpu()];
  const memory = new Uint8Array(0x1000);
  const chipset = new Chipset({
    clock: time,
    timers: time,
    power,
    serial,
    debugConsole,
    screen,
    onUnclaimed: (access) => unclaimed.push(access),
    memory: {
      read: (gpa, length) => (gpa + length <= memory.length ? memory.slice(gpa, gpa + length) : undefined),
      write: (gpa, bytes) => {
        if (gpa + bytes.length > memory.length) return false;
        memory.set(bytes, gpa);
        return true;
      },
    },
    cpus: cpus.map((signals, apicId) => ({
      name: `vcpu${apicId}`,
      apicId,
      signals,
      clock: time,
      tsc: { deadlineNs: (tsc: bigint) => Number(tsc / 2n) },
    })),
    memoryBytes: 64 * 1024 * 1024,
    rtcBaseUnixSeconds: 0,
    physicalAddressBits: 40,
    ...more,
  });
  const out = (port: number, value: number) => chipset.portBus.write(port, 1, value);
  const inb = (port: number) => chipset.portBus.read(port, 1);
  const initialisePics = () => {
    for (const [port, base] of [
      [0x20, 0x20],
      [0xa0, 0x28],
    ] as const) {
      for (const [offset, value] of [
        [0, 0x11],
        [1, base],
        [1, port === 0x20 ? 4 : 2],
        [1, 1],
        [1, 0],
      ] as const)
        out(port + offset, value);
    }
  };
  return { time, power, serial, debugConsole, screen, memory, unclaimed, cpus, chipset, out, inb, initialisePics };
}
