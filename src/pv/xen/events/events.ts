// Event channels of one domain: ports, the way they are told to the guest, and the ends that are in the control domain.
import type { SavedValue, Stateful } from '../../../base/saved';
import { EVENT_SENDERS, TraceKind } from '../../../trace/rows';
import type { XenHost } from '../host-port';
import type { PageRef } from '../physmap';
import type { SharedMemory } from '../shared-memory';
import type { XenVcpuData } from '../vcpu-data';
import type { EventAbi } from './event-abi';
import { FifoEvents } from './fifo';
import { type PortBinding, Ports } from './ports';
import { TwoLevelEvents } from './two-level';
import type { Upcalls } from './upcall';

export interface EventsParts {
  readonly host: XenHost;
  readonly memory: SharedMemory;
  readonly vcpus: readonly XenVcpuData[];
  readonly upcalls: Upcalls;
  sharedInfo(): PageRef;
  wake(vcpu: number): void;
  vcpuInfo(vcpu: number): { ref: PageRef; offset: number } | undefined;
}

export class Events implements Stateful {
  readonly ports = new Ports();
  private readonly twoLevel: TwoLevelEvents;
  fifo: FifoEvents | undefined;
  /** Ends in the control domain: what is called when the guest sends to one. */
  readonly services = new Map<number, () => void>();

  constructor(private readonly parts: EventsParts) {
    this.twoLevel = new TwoLevelEvents(parts.memory, this, parts.sharedInfo, parts.vcpuInfo);
  }

  get abi(): EventAbi {
    return this.fifo ?? this.twoLevel;
  }

  markPending(vcpu: number): void {
    this.parts.upcalls.mark(vcpu);
  }

  wakePollers(port: number): void {
    for (const [vcpu, data] of this.parts.vcpus.entries()) {
      if (data.waitsIn === 'poll' && data.polled.includes(port)) this.parts.wake(vcpu);
    }
  }

  /** FIFO events from now on. What was pending stays so. */
  useFifo(): void {
    const fifo = new FifoEvents(this.parts.memory, this, this.ports);
    for (const number of this.ports.used()) this.ports.get(number)!.waits = this.twoLevel.isPending(number);
    this.fifo = fifo;
  }

  allocate(binding: PortBinding, vcpu: number): number | undefined {
    return this.ports.allocate(binding, vcpu, (port) => this.abi.isBusy(port));
  }

  /** The local end becomes pending. */
  notify(number: number, sender: (typeof EVENT_SENDERS)[number], fromVcpu: number): void {
    const port = this.ports.get(number);
    if (port === undefined) return;
    this.parts.host.trace(TraceKind['event-send'], fromVcpu, number, EVENT_SENDERS.indexOf(sender), port.vcpu);
    this.abi.setPending(number, port);
  }

  virq(vcpu: number, virq: number): void {
    const port = this.parts.vcpus[vcpu]!.virqPorts[virq]!;
    if (port !== 0) this.notify(port, 'virq', vcpu);
  }

  close(number: number): void {
    const port = this.ports.get(number);
    if (port === undefined) return;
    const { binding } = port;
    if (binding.kind === 'virq') this.parts.vcpus[binding.home]!.virqPorts[binding.virq] = 0;
    const other = binding.kind === 'interdomain' && binding.domain !== 0 ? this.ports.get(binding.port) : undefined;
    if (other !== undefined) other.binding = { kind: 'unbound', domain: this.parts.host.domainId };
    this.abi.clearPending(number);
    this.ports.free(number);
  }

  /** EVTCHNOP_reset. */
  reset(): void {
    for (const number of this.ports.used()) this.close(number);
    this.fifo = undefined;
  }

  /** Power-on. */
  clear(): void {
    this.ports.clear();
    this.fifo = undefined;
  }

  save(): SavedValue {
    return { ports: this.ports.save(), fifo: this.fifo?.save() ?? null };
  }
  restore(state: SavedValue): void {
    const saved = state as { ports: SavedValue; fifo: SavedValue };
    this.ports.restore(saved.ports);
    this.fifo = undefined;
    if (saved.fifo === null) return;
    this.fifo = new FifoEvents(this.parts.memory, this, this.ports);
    this.fifo.restore(saved.fifo);
  }
}
