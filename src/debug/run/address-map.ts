// Where code that is linked high runs before paging is on: at its physical address (p_paddr). Symbols know only the linked address.

export interface LoadedSegment {
  /** As linked (p_vaddr), with the symbol file's slide. */
  readonly linked: bigint;
  readonly physical: bigint;
  readonly size: bigint;
}

export class AddressMap {
  private readonly moved: readonly LoadedSegment[];

  constructor(private readonly segments: readonly LoadedSegment[]) {
    this.moved = segments.filter(({ linked, physical }) => linked !== physical);
  }

  /** The address symbols know for one the CPU executes or accesses. */
  toLinked(address: bigint): bigint {
    if (this.moved.length === 0 || this.segments.some(({ linked, size }) => address >= linked && address < linked + size)) return address;
    const low = this.moved.find(({ physical, size }) => address >= physical && address < physical + size);
    return low ? address - low.physical + low.linked : address;
  }

  /** The physical address of linked code or data, where it differs. */
  physicalOf(linked: bigint): bigint | undefined {
    const segment = this.moved.find(({ linked: start, size }) => linked >= start && linked < start + size);
    return segment && linked - segment.linked + segment.physical;
  }
}
