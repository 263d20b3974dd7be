// For a hypervisor that lets the guest end interrupts in memory (KVM's PV EOI): it asks isrHighest() and irrHighest(), calls eoi().

export interface EoiObserver {
  /** An interrupt went from IRR to ISR. */
  onAcknowledge(vector: number, levelTriggered: boolean): void;
  /** The APIC is about to be read or changed: an end of interrupt that the guest only noted in memory must be made real now. */
  beforeUse(): void;
}
