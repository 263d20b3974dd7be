// The table of event channels of one domain (xen/common/event_channel.c): what each port is bound to and which vCPU it notifies.
import type { SavedValue, Stateful } from '../../../base/saved';

export type PortBinding =
  | { readonly kind: 'free' }
  | { readonly kind: 'unbound'; readonly domain: number }
  | { readonly kind: 'interdomain'; readonly domain: number; readonly port: number }
  | { readonly kind: 'virq'; readonly virq: number /** The vCPU whose virtual interrupt it is. */; readonly home: number }
  | { readonly kind: 'ipi' };

export interface Port {
  binding: PortBinding;
  vcpu: number;
  /** Of FIFO events. */
  priority: number;
  /** FIFO: the queue in which it was linked last. */
  lastVcpu: number;
  lastPriority: number;
  /** FIFO: it became pending before it had an event word. */
  waits: boolean;
}

/** As toolstacks set it where nothing else is asked for (xl: max_event_channels). */
export const MAX_PORT = 1023;
export const DEFAULT_PRIORITY = 7;
const FREE: PortBinding = { kind: 'free' };

const newPort = (): Port => ({
  binding: FREE,
  vcpu: 0,
  priority: DEFAULT_PRIORITY,
  lastVcpu: 0,
  lastPriority: DEFAULT_PRIORITY,
  waits: false,
});

export class Ports implements Stateful {
  private ports: Port[] = [];

  /** undefined: there is no such port. */
  get(port: number): Port | undefined {
    const found = this.ports[port];
    return found === undefined || found.binding.kind === 'free' ? undefined : found;
  }

  /** The lowest free port of which `isBusy` is false; undefined: there is none. */
  allocate(binding: PortBinding, vcpu: number, isBusy: (port: number) => boolean): number | undefined {
    for (let port = 1; port <= MAX_PORT; port++) {
      while (this.ports.length <= port) this.ports.push(newPort());
      const found = this.ports[port]!;
      if (found.binding.kind !== 'free' || isBusy(port)) continue;
      Object.assign(found, { binding, vcpu, priority: DEFAULT_PRIORITY, waits: false });
      return port;
    }
    return undefined;
  }

  free(port: number): void {
    const found = this.ports[port];
    if (found === undefined) return;
    found.binding = FREE;
    found.vcpu = 0;
    found.waits = false;
  }

  /** Numbers of the ports in use. */
  used(): number[] {
    return this.ports.flatMap(({ binding }, port) => (binding.kind === 'free' ? [] : [port]));
  }

  clear(): void {
    this.ports = [];
  }

  save(): SavedValue {
    return this.ports.map((port) => ({ ...port, binding: { ...port.binding } })) as unknown as SavedValue;
  }
  restore(state: SavedValue): void {
    this.ports = (state as unknown as Port[]).map((port) => ({ ...port, binding: { ...port.binding } }));
  }
}
