// Somebody at a terminal: waits for what it shows, types, waits again. How the terminal is connected (a pty, a debug session) is the caller's.

/** After so long without what is waited for the dialogue has failed: a boot on a busy machine. */
const PATIENCE_MS = 300_000;
/** Device status report (ECMA-48, 8.3.35): a shell asks where the cursor is, and a terminal answers. */
const WHERE_IS_THE_CURSOR = '\x1b[6n';
const SHOWN_AT_FAILURE = 3000;

export class Dialogue {
  /** All that was shown, without carriage returns and questions to the terminal. */
  shown = '';
  private from = 0;
  private ended = false;
  private wake: () => void = () => {};
  private readonly decoder = new TextDecoder();

  constructor(private readonly send: (bytes: Uint8Array) => void) {}

  show(bytes: Uint8Array): void {
    this.shown += this.decoder.decode(bytes, { stream: true }).replaceAll('\r', '');
    while (this.shown.includes(WHERE_IS_THE_CURSOR)) {
      const asked = this.shown.indexOf(WHERE_IS_THE_CURSOR);
      const column = asked - this.shown.lastIndexOf('\n', asked);
      this.shown = this.shown.replace(WHERE_IS_THE_CURSOR, '');
      this.type(`\x1b[1;${column}R`);
    }
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  type(text: string): void {
    this.send(new TextEncoder().encode(text));
  }

  /** What was shown from the place of the last match up to this one, and this one. */
  async until(pattern: RegExp): Promise<string> {
    const failAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const rest = this.shown.slice(this.from);
      const found = pattern.exec(rest);
      if (found !== null) {
        const end = found.index + found[0].length;
        this.from += end;
        return rest.slice(0, end);
      }
      if (this.ended || Date.now() > failAt)
        throw new Error(`${this.ended ? 'the end came' : 'time passed'} without ${pattern}, after:\n${rest.slice(-SHOWN_AT_FAILURE)}`);
      await this.more(failAt - Date.now());
    }
  }

  private more(patienceMs: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, patienceMs);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}
