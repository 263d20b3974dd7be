// What a run has put out on its consoles, so that a console can be drawn as it was at any moment. The oldest is given up first.

const MOST_BYTES = 1 << 20;

/** Of one VM. */
export class ConsoleLog {
  private bytes = new Uint8Array(1 << 12);
  /** Bytes given up before the first one here. */
  private lost = 0;
  /** Put out so far at this moment of the run. */
  private position = 0;
  /** Furthest that was put out. */
  private end = 0;

  get count(): number {
    return this.position;
  }

  put(byte: number): void {
    const at = this.position++ - this.lost;
    if (this.position <= this.end) return;
    this.end = this.position;
    if (at >= this.bytes.length) this.makeRoom();
    this.bytes[this.position - 1 - this.lost] = byte;
  }

  private makeRoom(): void {
    const gone = this.bytes.length < MOST_BYTES ? 0 : MOST_BYTES / 2;
    const roomy = new Uint8Array(Math.min(MOST_BYTES, this.bytes.length * 2));
    roomy.set(this.bytes.subarray(gone));
    this.bytes = roomy;
    this.lost += gone;
  }

  /** Another moment. */
  goTo(count: number): void {
    this.position = count;
  }

  /** What came after will come otherwise. */
  cut(): void {
    this.end = this.position;
  }

  /** Everything up to this moment, as far as it is kept. */
  text(): Uint8Array {
    return this.bytes.slice(0, Math.max(0, this.position - this.lost));
  }
}
