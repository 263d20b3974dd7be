// A file that is written piece by piece, in big blocks. Opened at once, so that a bad path is told before a guest has run.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { cliErrors, reasonOf } from '../errors';

const BLOCK = 1 << 20;

export class OutputFile {
  private readonly descriptor: number;
  private pieces: string[] = [];
  private length = 0;

  /** `what`: "the trace", for messages. */
  constructor(
    private readonly what: string,
    private readonly path: string,
  ) {
    this.descriptor = this.guard(() => openSync(path, 'w'));
  }

  private guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw cliErrors.unwritable(this.what, this.path, reasonOf(error));
    }
  }

  write(text: string): void {
    this.pieces.push(text);
    this.length += text.length;
    if (this.length >= BLOCK) this.flush();
  }

  writeBytes(bytes: Uint8Array): void {
    this.flush();
    this.guard(() => writeAll(this.descriptor, bytes));
  }

  private flush(): void {
    if (this.length === 0) return;
    const bytes = Buffer.from(this.pieces.join(''), 'utf8');
    this.pieces = [];
    this.length = 0;
    this.guard(() => writeAll(this.descriptor, bytes));
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }

  /** There is nothing to write after all. */
  discard(): void {
    closeSync(this.descriptor);
    rmSync(this.path, { force: true });
  }
}

/** Writes all of it, also to a pipe that is full for the moment. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // A pipe whose reader is slow: wait a little without spinning.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
