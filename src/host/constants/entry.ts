// What the hover help knows of one constant of guest code.

export interface ConstantEntry {
  /** As people write it, in its usual spelling. */
  readonly name: string;
  /** "KVM hypercall 10", "MSR 0xc0000080", "CR4 bit 20". */
  readonly what: string;
  readonly doc: string;
  /** Further lines, as Markdown. */
  readonly details: readonly string[];
  /** Header or manual it comes from. */
  readonly source: string;
}
