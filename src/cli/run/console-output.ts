// The guest's console on standard output, written at once: what the guest has said is out before anything else happens.
import { writeAll } from '../files/output-file';

const STDOUT = 1;

export class ConsoleOutput {
  private closed = false;

  /** `onClosed`: nobody reads any more. */
  constructor(private readonly onClosed: () => void) {}

  write(bytes: Uint8Array): void {
    if (this.closed) return;
    try {
      writeAll(STDOUT, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      this.closed = true;
      this.onClosed();
    }
  }
}
