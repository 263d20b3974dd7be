// The guest's console on standard output: collected while a slice runs, written out after it.
import { writeAll } from '../files/output-file';

const STDOUT = 1;

export class ConsoleOutput {
  private bytes = new Uint8Array(4096);
  private length = 0;
  /** Nobody reads any more. */
  closed = false;

  byte(byte: number): void {
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length * 2);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes[this.length++] = byte;
  }

  flush(): void {
    if (this.length === 0) return;
    const bytes = this.bytes.subarray(0, this.length);
    this.length = 0;
    if (this.closed) return;
    try {
      writeAll(STDOUT, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      this.closed = true;
    }
  }
}
