// Whatever a guest does to the devices: nothing throws, reads are unsigned and of their size, and a copy restored anywhere goes on alike, also one that is looked at.
import assert from 'node:assert/strict';
import type { SavedValue } from '../../src/base/saved';
import { Chipset } from '../../src/devices/chipset';
import type { MachineKind } from '../../src/devices/ports';
import { FakeCpu, FakePower, FakeSink, FakeTime } from './fakes';

const SEED = 0xdec0de;
const STEPS = 30_000;
const COPY_EVERY = 1500;
const LOOK_EVERY = 7;
const CPUS = 3;
const SIZES = [1, 2, 4] as const;

function make(machine: MachineKind) {
  const time = new FakeTime();
  const serial = new FakeSink();
  const cpus = Array.from({ length: CPUS }, () => new FakeCpu());
  const chipset = new Chipset({
    clock: time,
    timers: time,
    power: new FakePower(),
    serial,
    debugConsole: serial,
    machine,
    screen: serial,
    onUnclaimed: () => {},
    cpus: cpus.map((signals, apicId) => ({
      name: `vcpu${apicId}`,
      apicId,
      signals,
      clock: time,
      tsc: { deadlineNs: (tsc: bigint) => (tsc >> 53n === 0n ? Number((tsc + 1n) / 2n) : undefined) },
    })),
    memoryBytes: 64 * 1024 * 1024,
    rtcBaseUnixSeconds: 1_700_000_000,
    physicalAddressBits: 40,
  });
  return { time, cpus, chipset, serial };
}

type Made = ReturnType<typeof make>;

/** One random action; gives what the guest sees of it. */
function act({ chipset, time, cpus }: Made, random: (below: number) => number): unknown {
  const { portBus, mmioBus, localApics, apicRegisters } = chipset;
  const ports = portBus.ranges;
  const size = SIZES[random(3)]!;
  const port = () => {
    const range = ports[random(ports.length)]!;
    return range.base + random(range.size);
  };
  const value = () => (random(2) === 0 ? random(256) : (random(0x10000) * 0x10000 + random(0x10000)) >>> 0);
  const cpu = random(CPUS);
  const [lapic, registers] = [localApics[cpu]!, apicRegisters[cpu]!];
  switch (random(13)) {
    case 12: {
      const ranges = mmioBus.ranges;
      const range = ranges[random(ranges.length)]!;
      const gpa = range.base + random(range.size / 4) * 4;
      return random(2) === 0 ? mmioBus.write(gpa, size, size === 4 ? value() : value() & 0xff) : mmioBus.read(gpa, size);
    }
    case 0:
    case 1:
    case 2:
      return portBus.write(port(), size, size === 4 ? value() : value() & 0xff);
    case 3:
    case 4: {
      const read = portBus.read(port(), size);
      assert.ok(read >= 0 && read < 2 ** (8 * size), `read ${read}`);
      return read;
    }
    case 5:
      mmioBus.write(0xfec00000, 4, random(0x42));
      return random(2) === 0 ? mmioBus.write(0xfec00010, 4, value()) : mmioBus.read(0xfec00010, 4);
    case 6: {
      const vector = 0x20 + random(0xe0);
      const sensible = [
        [0x0b, 0],
        [0x0f, 0x1ff],
        [0x30, 0x80000 | vector],
        [0x32, (random(3) << 17) | vector],
        [0x35, random(2) === 0 ? 0x700 : 0x8000 | vector],
        [0x38, random(100_000)],
      ] as const;
      const [index, written] = random(4) === 0 ? [random(0x40), value()] : sensible[random(sensible.length)]!;
      if (lapic.mode === 'x2apic') return registers.writeMsr(0x800 + index, BigInt(written));
      return registers.writeMmio(index << 4, 4, written);
    }
    case 7: {
      const read = lapic.mode === 'x2apic' ? registers.readMsr(0x800 + random(0x40)) : registers.readMmio(random(0x40) << 4, 4);
      assert.ok(read === undefined || read >= 0, `APIC read ${read}`);
      return read;
    }
    case 8:
      if (random(10) === 0) return lapic.writeApicBase(BigInt([0xfee00900, 0xfee00900, 0xfee00900, 0xfee00d00, 0xfee00100][random(5)]!));
      lapic.timer.tscDeadline = BigInt(2 * (time.nowNs() + random(1_000_000)));
      return lapic.timer.tscDeadline;
    case 9:
      if (chipset.serial.room() > 0) chipset.serial.receive(random(256));
      return chipset.serial.room();
    case 10:
      time.advance(random(2) === 0 ? random(2000) : random(3_000_000));
      return cpus.map(({ pending }) => pending);
    default:
      return cpus[cpu]!.pending ? lapic.acknowledge() : lapic.pendingVector();
  }
}

const visible = ({ chipset, cpus, serial, time }: Made): SavedValue => ({
  chipset: chipset.save(),
  pending: cpus.map(({ pending }) => pending),
  output: serial.bytes.length,
  deadlines: ['pit.channel0', 'rtc', 'uart0.timeout', 'vcpu0.lapic', 'vcpu1.lapic'].map((name) => time.deadlineOf(name) ?? -1),
});

for (const machine of ['minimal', 'pc'] as const)
  describe(`the chipset of machine ${machine} under random accesses`, () => {
    it(`${STEPS} steps, copied to a fresh chipset every ${COPY_EVERY} (seed ${SEED})`, () => {
      let seed = SEED;
      const from = (start: number) => {
        seed = start;
        return (below: number) => {
          seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
          return Math.floor((seed / 2 ** 32) * below);
        };
      };
      const original = make(machine);
      for (let step = 0; step < STEPS; step += COPY_EVERY) {
        const copy = make(machine);
        copy.time.restoreFrom(original.time);
        copy.chipset.restore(structuredClone(original.chipset.save()));
        for (const [index, { pending }] of original.cpus.entries()) copy.cpus[index]!.interruptPending(pending);
        copy.serial.bytes.push(...original.serial.bytes);
        assert.deepEqual(copy.chipset.save(), original.chipset.save());
        const start = seed;
        const run = (made: Made) => {
          const random = from(start);
          return Array.from({ length: COPY_EVERY }, (_, i) => {
            // Somebody looks at the copy, which changes nothing.
            if (made === copy && i % LOOK_EVERY === 0) made.chipset.describe();
            return act(made, random);
          });
        };
        assert.deepEqual(run(copy), run(original), `seen by the guest after step ${step}`);
        assert.deepEqual(visible(copy), visible(original), `state after step ${step + COPY_EVERY}`);
      }
    });
  });
