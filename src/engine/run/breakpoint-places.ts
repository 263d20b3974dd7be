// Where in a page guests have execution breakpoints now or had them before: blocks get a stop record there, whichever vCPU they run on.
import type { Breakpoint } from '../../x86/system/breakpoints';

export class BreakpointPlaces {
  private readonly offsets = new Set<number>();

  constructor(
    /** A new place: decoded code does not have its stop record. */
    private readonly onNew: () => void,
  ) {}

  cover(breakpoints: readonly Breakpoint[]): void {
    const wanted = breakpoints.map(({ address }) => Number(address & 4095n)).filter((offset) => !this.offsets.has(offset));
    if (wanted.length === 0) return;
    for (const offset of wanted) this.offsets.add(offset);
    this.onNew();
  }
  get any(): boolean {
    return this.offsets.size !== 0;
  }
  mayLieAt(physical: number): boolean {
    return this.offsets.has(physical & 4095);
  }
}
