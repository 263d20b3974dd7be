// The paravirtual interface that a VM's configuration asks for, with its port to the machine.
import type { Chipset } from '../../devices/chipset';
import type { GuestMemory, Timers } from '../../devices/ports';
import type { CpuEngine } from '../../engine/cpu-engine';
import type { PvInterface } from '../../pv/interface';
import { KvmInterface } from '../../pv/kvm/kvm-interface';
import { XenInterface } from '../../pv/xen/xen-interface';
import type { ConsoleStream, VmConfig } from '../control/types';
import type { Scheduler } from '../sched/scheduler';
import type { GuestTime } from '../time/guest-time';
import { KvmPort } from './kvm-port';
import type { PowerRequests } from './power';
import type { Vcpu } from './vcpu';
import type { VmInput } from './vm-input';
import type { VmTrace } from './vm-trace';
import { XenPort } from './xen-port';

export interface VmInterfaceParts {
  readonly vm: number;
  readonly config: VmConfig;
  readonly vcpus: readonly Vcpu[];
  readonly scheduler: Scheduler;
  readonly memory: GuestMemory;
  readonly timers: Timers;
  readonly clock: GuestTime;
  readonly power: PowerRequests;
  readonly chipset: Chipset;
  readonly input: VmInput;
  readonly trace: VmTrace;
  engine(): CpuEngine;
  output(stream: ConsoleStream, byte: number): void;
  message(text: string): void;
}

export function createInterface(parts: VmInterfaceParts): PvInterface | undefined {
  const { chipset, clock, config, input, memory, power, scheduler, timers, trace, vcpus } = parts;
  if (config.hypervisor === 'none') return undefined;
  const common = {
    ...{ memory, vcpus, scheduler, wallClockBaseSeconds: config.rtcBaseUnixSeconds },
    chipset: () => chipset,
    trace: (...event: Parameters<VmTrace['event']>) => trace.event(...event),
  };
  if (config.hypervisor === 'kvm') return observed(chipset, new KvmInterface(new KvmPort({ ...common, maxVcpus: config.vcpus })));
  const port = new XenPort({
    ...common,
    ...{ memoryBytes: config.memory, name: config.name, vmIndex: parts.vm, timers, clock, power },
    engine: () => parts.engine(),
    output: (stream, byte) => parts.output(stream, byte),
    typed: (byte) => trace.typed('hvc', byte),
    message: (text) => parts.message(`${config.name}: ${text}`),
  });
  port.attach(chipset);
  const xen: XenInterface = new XenInterface(port, () => {
    for (const bytes of input.serial.takeAll()) xen.console.push(bytes);
  });
  return observed(chipset, xen);
}

/** An end of interrupt that the guest only noted in memory is made real before its APIC is looked at. */
function observed(chipset: Chipset, pv: PvInterface): PvInterface {
  for (const [index, lapic] of chipset.localApics.entries()) {
    let inside = false;
    lapic.setEoiObserver({
      onAcknowledge: () => {},
      beforeUse: () => {
        if (inside) return;
        inside = true;
        pv.exited(index);
        inside = false;
      },
    });
  }
  return pv;
}
