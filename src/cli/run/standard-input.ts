// Standard input: a terminal is typed on while the guest runs; anything else is a script, read to its end before the guest starts, so that a run never depends
// on when it arrives. The machine feeds it by virtual time and room in the receiver.

/** After so long without an end a person is told what we wait for. */
const PATIENCE_MS = 1000;

/** True: a person may type while the guest runs. */
export function stdinIsTerminal(): boolean {
  return process.stdin.isTTY === true;
}

/** All of it. A closed or missing standard input is an empty script. */
export async function readScript(waiting: () => void): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const timer = setTimeout(waiting, PATIENCE_MS);
  try {
    for await (const piece of process.stdin) pieces.push(piece as Uint8Array);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EIO' && code !== 'EBADF' && code !== 'EISDIR') throw error;
  } finally {
    clearTimeout(timer);
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
