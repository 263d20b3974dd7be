// How a vCPU learns that events are pending (xen/arch/x86/hvm/irq.c): a vector of its local APIC, a vector of the domain that needs no end of interrupt,
// or a pin of the I/O APIC for vCPU 0.
import { TraceKind, UPCALL_WAYS } from '../../../trace/rows';
import type { XenHost } from '../host-port';
import { VcpuInfo } from '../layout';
import type { PageRef } from '../physmap';
import type { SharedMemory } from '../shared-memory';
import type { XenVcpuData } from '../vcpu-data';

/** HVM_PARAM_CALLBACK_IRQ, bits 63:56. */
const CallbackType = { gsi: 0n, pciIntx: 1n, vector: 2n } as const;
/** Xen's pins for INTA to INTD of a device begin here (hvm_pci_intx_gsi). */
const FIRST_PCI_GSI = 16;
const PCI_GSIS = 32;

/** undefined: it is not delivered by a pin. */
function gsiOf(callback: bigint): number | undefined {
  if (callback === 0n) return undefined;
  if (callback >> 56n === CallbackType.gsi) return Number(callback & 0xffn);
  if (callback >> 56n !== CallbackType.pciIntx) return undefined;
  const device = Number((callback >> 11n) & 31n);
  const pin = Number(callback & 3n);
  // hvm_pci_intx_gsi().
  return FIRST_PCI_GSI + (((device << 2) + (device >> 3) + pin) % PCI_GSIS);
}

export interface UpcallsParts {
  readonly host: XenHost;
  readonly memory: SharedMemory;
  readonly vcpus: readonly XenVcpuData[];
  vcpuInfo(vcpu: number): { ref: PageRef; offset: number } | undefined;
  /** HVM_PARAM_CALLBACK_IRQ. */
  callback(): bigint;
  wake(vcpu: number): void;
}

export class Upcalls {
  constructor(private readonly parts: UpcallsParts) {}

  /** Vector of the domain; 0: it has none. */
  get domainVector(): number {
    const value = this.parts.callback();
    return value >> 56n === CallbackType.vector ? Number(value & 0xffn) : 0;
  }

  private get gsi(): number | undefined {
    return gsiOf(this.parts.callback());
  }

  isPending(vcpu: number): boolean {
    const info = this.parts.vcpuInfo(vcpu);
    return info !== undefined && this.parts.memory.u8(info.ref, info.offset + VcpuInfo.upcallPending) !== 0;
  }

  mark(vcpu: number): void {
    const info = this.parts.vcpuInfo(vcpu);
    if (info === undefined || this.isPending(vcpu)) return;
    this.parts.memory.setU8(info.ref, info.offset + VcpuInfo.upcallPending, 1);
    this.notify(vcpu);
    if (this.parts.vcpus[vcpu]!.waitsIn !== 'none') this.parts.wake(vcpu);
  }

  /** The way has changed: what is pending goes by it. */
  again(vcpu: number): void {
    if (this.isPending(vcpu)) this.notify(vcpu);
  }

  private notify(vcpu: number): void {
    const { upcallVector } = this.parts.vcpus[vcpu]!;
    const way =
      upcallVector !== 0 ? 'apic-vector' : this.domainVector !== 0 ? 'vector' : vcpu === 0 && this.gsi !== undefined ? 'gsi' : 'none';
    const number = way === 'apic-vector' ? upcallVector : way === 'vector' ? this.domainVector : way === 'gsi' ? this.gsi! : 0;
    this.parts.host.trace(TraceKind['event-upcall'], vcpu, UPCALL_WAYS.indexOf(way), number);
    if (way === 'apic-vector') this.parts.vcpus[vcpu]!.upcallWaits = !this.parts.host.deliverVector(vcpu, upcallVector);
    else if (way === 'vector') this.parts.host.setCallbackLine(vcpu, true);
    else if (way === 'gsi') this.parts.host.setGsi(this.gsi!, true);
  }

  /** The callback was set: events that are pending already are delivered by it. */
  callbackChanged(before: bigint): void {
    const old = gsiOf(before);
    if (old !== undefined && old !== this.gsi) this.parts.host.setGsi(old, false);
    for (let vcpu = 0; vcpu < this.parts.vcpus.length; vcpu++) {
      if (this.domainVector === 0) this.parts.host.setCallbackLine(vcpu, false);
      this.again(vcpu);
    }
  }

  /** An interrupt is asked for: the domain's vector while events are pending, which no local APIC knows of. */
  takeInterrupt(vcpu: number): number | undefined {
    const vector = this.domainVector;
    if (vector === 0 || this.parts.vcpus[vcpu]!.upcallVector !== 0) return undefined;
    if (this.isPending(vcpu)) return vector;
    this.parts.host.setCallbackLine(vcpu, false);
    return undefined;
  }

  /** The local APIC may be on by now. */
  retry(vcpu: number): void {
    const data = this.parts.vcpus[vcpu]!;
    if (data.upcallWaits) data.upcallWaits = !this.parts.host.deliverVector(vcpu, data.upcallVector);
  }

  /** The pin follows vCPU 0's word (hvm_maybe_deassert_evtchn_irq). */
  settle(vcpu: number): void {
    if (vcpu !== 0) return;
    const { gsi } = this;
    if (gsi !== undefined && this.parts.vcpus[0]!.upcallVector === 0) this.parts.host.setGsi(gsi, this.isPending(0));
  }
}
