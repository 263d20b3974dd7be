// Values that a panel showed, by name, at this stop and at the one before: so that what has changed can be marked.

export class SeenValues {
  private now = new Map<string, string>();
  private before: ReadonlyMap<string, string> = new Map();

  /** The guest goes on. */
  moved(): void {
    this.before = this.now;
    this.now = new Map();
  }

  /** What it was at the stop before, where it was shown then and is another now. */
  change(name: string, value: string): string | undefined {
    this.now.set(name, value);
    const old = this.before.get(name);
    return old === value ? undefined : old;
  }
}
