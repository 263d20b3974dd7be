// What happens in and between the local APICs of a VM, for whoever records it. Observing changes nothing.
import type { DeliveryMode } from './messages';

export interface ApicObserver {
  /** An interrupt entered the request register; `fromApicId` where another processor, or itself, sent it. */
  onAccepted(apicId: number, vector: number, levelTriggered: boolean, fromApicId: number | undefined): void;
  /** The guest wrote the EOI register. An end of interrupt by eoi(), as paravirtual code calls it, is that code's to report. */
  onEnded(apicId: number, vector: number): void;
  /** An inter-processor interrupt goes to one target; undefined: nobody is addressed. */
  onIpi(fromApicId: number, toApicId: number | undefined, vector: number, delivery: DeliveryMode, via: 'icr' | 'self'): void;
}
