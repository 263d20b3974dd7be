// What connects the local APICs of one VM with each other, the I/O APIC and message-signalled interrupts. Messages arrive at once.
import { assert } from '../../base/assert';
import type { ApicObserver } from './apic-observer';
import type { LocalApic } from './local-apic';
import { type ApicMessage, DELIVERY, decodeMsi, SHORTHAND } from './messages';

/** Hears the end of level-triggered interrupts (SDM vol 3, 10.8.5). */
export interface EoiListener {
  endOfInterrupt(vector: number): void;
}

export class ApicBus {
  private readonly apics: LocalApic[] = [];
  private readonly listeners: EoiListener[] = [];

  constructor(readonly observer?: ApicObserver) {}

  /** In the order of APIC ids, so that every broadcast and tie is decided the same way. */
  attach(apic: LocalApic): void {
    assert(!this.apics.some((other) => other.apicId === apic.apicId), `two local APICs have id ${apic.apicId}`);
    this.apics.push(apic);
    this.apics.sort((a, b) => a.apicId - b.apicId);
  }

  attachEoiListener(listener: EoiListener): void {
    this.listeners.push(listener);
  }

  byId(apicId: number): LocalApic | undefined {
    return this.apics.find((apic) => apic.apicId === apicId);
  }

  /** How many local APICs accepted the message. */
  send(message: ApicMessage, shorthand: number = SHORTHAND.none, sender?: LocalApic): number {
    const targets = this.targets(message, shorthand, sender);
    if (sender !== undefined) this.reportIpi(message, shorthand, sender, targets);
    let accepted = 0;
    for (const apic of targets) if (apic.deliver(message, sender?.apicId)) accepted++;
    return accepted;
  }

  /** Everybody whom the message is for has a request of its vector that is still to be taken. */
  isRequested(message: ApicMessage): boolean {
    const targets = this.targets(message, SHORTHAND.none, undefined);
    return targets.length > 0 && targets.every((apic) => apic.isRequested(message.vector));
  }

  private targets(message: ApicMessage, shorthand: number, sender: LocalApic | undefined): readonly LocalApic[] {
    const addressed = this.apics.filter((apic) => {
      if (shorthand === SHORTHAND.none) return apic.isAddressedBy(message);
      if (shorthand === SHORTHAND.self) return apic === sender;
      return apic.mode !== 'disabled' && (shorthand === SHORTHAND.all || apic !== sender);
    });
    return message.delivery === DELIVERY.lowestPriority ? this.arbitrate(addressed) : addressed;
  }

  /** A device's write to 0xfeexxxxx. */
  sendMsi(address: number, data: number): number {
    return this.send(decodeMsi(address, data));
  }

  broadcastEoi(vector: number): void {
    for (const listener of this.listeners) listener.endOfInterrupt(vector);
  }

  private reportIpi(message: ApicMessage, shorthand: number, sender: LocalApic, targets: readonly LocalApic[]): void {
    const via = shorthand === SHORTHAND.self ? 'self' : 'icr';
    const ids = targets.length === 0 ? [undefined] : targets.map((apic) => apic.apicId);
    for (const id of ids) this.observer?.onIpi(sender.apicId, id, message.vector, message.delivery, via);
  }

  /** 10.6.2.4: the lowest processor priority wins; of equals the lowest id, so that a run can be repeated. */
  private arbitrate(candidates: readonly LocalApic[]): readonly LocalApic[] {
    const enabled = candidates.filter((apic) => apic.softwareEnabled);
    const first = enabled[0];
    if (first === undefined) return [];
    return [enabled.reduce((best, apic) => (apic.processorPriority < best.processorPriority ? apic : best), first)];
  }
}
