// Standard input: a terminal is typed on while the guest runs; anything else is a script, read to its end before the guest starts, so that a run never depends
// on when it arrives. The machine feeds it by virtual time and room in the receiver.
import { fstatSync, readSync } from 'node:fs';

const STDIN = 0;

/** True: a person may type while the guest runs. */
export function stdinIsTerminal(): boolean {
  return process.stdin.isTTY === true;
}

/** All of it. A closed or missing standard input is an empty script. */
export function readScript(waiting: () => void): Uint8Array {
  const pieces: Uint8Array[] = [];
  const block = new Uint8Array(64 << 10);
  const isFile = (() => {
    try {
      return fstatSync(STDIN).isFile();
    } catch {
      return true;
    }
  })();
  let told = isFile;
  for (;;) {
    let count: number;
    try {
      count = readSync(STDIN, block, 0, block.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') {
        if (!told) waiting();
        told = true;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        continue;
      }
      if (code === 'EOF' || code === 'EBADF' || code === 'EIO') break;
      throw error;
    }
    if (count === 0) break;
    pieces.push(block.slice(0, count));
  }
  return new Uint8Array(Buffer.concat(pieces));
}

/** Raw mode, so that every key goes to the guest. Returns what puts the terminal back. */
export function listenToKeys(onKeys: (typed: Uint8Array) => void): () => void {
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.on('data', onKeys);
  stdin.resume();
  return () => {
    stdin.off('data', onKeys);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
