// The wiring of one VM's devices: what its chipset is given of the VM and of the host.
import { Chipset } from '../../devices/chipset';
import type { GuestMemory, Timers, VirtualNs } from '../../devices/ports';
import type { TickPolicy } from '../../devices/ticks';
import { IPI_ORIGINS, TICK_SOURCES, type TickSource, TraceKind } from '../../trace/rows';
import { PHYSICAL_ADDRESS_BITS } from '../../x86/system/bits';
import type { ConsoleStream, VmConfig } from '../control/types';
import type { GuestTime } from '../time/guest-time';
import type { VirtualTime } from '../time/virtual-time';
import { guestBytes, memoryRanges } from './boot-vm';
import type { PowerRequests } from './power';
import type { TickClocks } from './tick-clocks';
import { tracedTimers } from './traced-timers';
import { Unclaimed } from './unclaimed';
import type { Vcpu } from './vcpu';
import { TSC_HZ } from './vcpu-host';
import type { VmInput } from './vm-input';
import type { VmTrace } from './vm-trace';

export interface VmChipsetParts {
  readonly config: VmConfig;
  readonly vcpus: readonly Vcpu[];
  readonly memory: GuestMemory;
  /** Of the host; the clock makes the guest's of them. */
  readonly timers: Timers;
  readonly time: VirtualTime;
  readonly clock: GuestTime;
  readonly power: PowerRequests;
  readonly tickClocks: TickClocks;
  readonly trace: VmTrace;
  input(): VmInput;
  output(stream: ConsoleStream, byte: number): void;
  message(text: string): void;
  onApicBaseChanged(): void;
}

export function createChipset(parts: VmChipsetParts): Chipset {
  const { clock, config, memory, power, tickClocks, time, trace, vcpus } = parts;
  const unclaimed = new Unclaimed(config, (text) => parts.message(text));
  return new Chipset({
    clock,
    timers: clock.timers(
      tracedTimers(parts.timers, {
        armed: (timer, vcpu, deadlineNs) => trace.event(TraceKind['timer-armed'], vcpu, timer, deadlineNs),
        fired: (timer, vcpu, deadlineNs) => trace.event(TraceKind['timer-fired'], vcpu, timer, deadlineNs),
      }),
    ),
    power,
    serial: { write: (byte) => parts.output('serial', byte) },
    debugConsole: { write: (byte) => parts.output('debug', byte) },
    onSerialRoom: () => parts.input().serial.plan(),
    onKeyboardRoom: () => parts.input().keyboard.plan(),
    machine: config.machine ?? 'minimal',
    xen: config.hypervisor === 'xen',
    memory,
    fwCfg: {
      memoryBytes: guestBytes(config),
      cpus: config.vcpus,
      maxCpus: config.maxVcpus,
      commandLine: config.append,
      initrd: config.modules[0]?.bytes,
      memoryMap: memoryRanges(config),
      files: config.fwCfg ?? [],
    },
    screen: { write: (byte) => parts.output('screen', byte) },
    onUnclaimed: ({ space, address, size, written }) => unclaimed.report(space, address, size, written !== undefined),
    cpus: vcpus.map((vcpu) => ({
      name: `vcpu${vcpu.index}`,
      apicId: vcpu.index,
      signals: vcpu,
      tsc: { deadlineNs: (tsc) => tscDeadlineNs(vcpu, tsc) },
      clock,
      onApicBaseChanged: () => parts.onApicBaseChanged(),
    })),
    memoryBytes: guestBytes(config),
    rtcBaseUnixSeconds: config.rtcBaseUnixSeconds,
    physicalAddressBits: PHYSICAL_ADDRESS_BITS,
    lostTicks: lostTicksOf(config),
    onTicks: (source, apicId, ticks, periodNs) => {
      tickClocks.fell(source, apicId, ticks, periodNs, time.nowNs());
      trace.event(TraceKind['tick-lost'], apicId, TICK_SOURCES.indexOf(source), ticks, periodNs);
    },
    apicObserver: {
      onAccepted: (apicId, vector, level, from) => trace.event(TraceKind['interrupt-accepted'], apicId, vector, level ? 1 : 0, from ?? -1),
      onEnded: (apicId, vector) => trace.event(TraceKind['interrupt-eoi'], apicId, vector, 0),
      onIpi: (from, to, vector, delivery, via) => trace.event(TraceKind.ipi, from, to ?? -1, vector, delivery, IPI_ORIGINS.indexOf(via)),
    },
  });
}

function tscDeadlineNs(vcpu: Vcpu, tsc: bigint): VirtualNs | undefined {
  const perNs = BigInt(TSC_HZ / 1_000_000_000);
  const host = BigInt.asUintN(64, tsc - vcpu.state.u64('tscOffset'));
  const deadline = (host + perNs - 1n) / perNs;
  return deadline <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(deadline) : undefined;
}

const lostTicksOf = ({ lostTicks }: VmConfig): Readonly<Partial<Record<TickSource, TickPolicy>>> =>
  lostTicks === undefined ? { pit: 'catch-up' } : { pit: lostTicks, lapic: lostTicks, rtc: lostTicks, hpet: lostTicks };
