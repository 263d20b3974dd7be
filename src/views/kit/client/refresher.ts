// Reads one thing after the other: while a read is under way further wishes become one more read.

export class Refresher {
  private busy = false;
  private again = false;
  /** Settles when what was wished for so far has been read. */
  idle: Promise<void> = Promise.resolve();

  constructor(
    private readonly read: () => Promise<void>,
    private readonly failed: (text: string) => void,
  ) {}

  request(): void {
    if (this.busy) this.again = true;
    else this.idle = this.run();
  }

  private async run(): Promise<void> {
    this.busy = true;
    try {
      do {
        this.again = false;
        await this.read();
      } while (this.again);
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
    } finally {
      this.busy = false;
    }
    if (this.again) await this.run();
  }
}
