// The guest's console on its way to the client: gathered for a moment, so that a chatty guest does not send a message per byte.
import type { Session } from './session';

/** Clears the screen and what was scrolled out, cursor to the corner (ECMA-48 ED, CUP). */
const CLEAR = '\x1b[2J\x1b[3J\x1b[H\x1b[0m';
const GATHER_MS = 15;
const MOST_BYTES = 64 << 10;

/** Of everything that a terminal shows: drawing the same again would only flicker. FNV-1a. */
class Fingerprint {
  private count = 0;
  private hash = 0x811c9dc5;

  add(bytes: Uint8Array): void {
    for (const byte of bytes) this.hash = Math.imul(this.hash ^ byte, 0x01000193);
    this.count += bytes.length;
  }
  equals({ count, hash }: Fingerprint): boolean {
    return this.count === count && this.hash === hash;
  }
}

export class ConsoleOutput {
  private chunks: Uint8Array[] = [];
  private length = 0;
  private shown = new Fingerprint();
  private timer: NodeJS.Timeout | undefined;
  private readonly decoder = new TextDecoder();

  constructor(
    private readonly session: Session,
    private readonly target: 'terminal' | 'debugConsole' | 'none',
  ) {}

  write(bytes: Uint8Array): void {
    if (this.target === 'none') return;
    this.chunks.push(bytes);
    this.shown.add(bytes);
    this.length += bytes.length;
    if (this.length >= MOST_BYTES) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** The guest stands at another moment: a terminal shows what was there then. */
  redraw(bytes: Uint8Array): void {
    this.flush();
    if (this.target !== 'terminal') return;
    const before = this.shown;
    this.shown = new Fingerprint();
    this.shown.add(bytes);
    if (this.shown.equals(before)) return;
    const clear = new TextEncoder().encode(CLEAR);
    this.session.custom('hyperscope/console', { bytes: Buffer.concat([clear, bytes]).toString('base64') });
  }

  /** Before anything that a person would see out of order otherwise. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.length === 0) return;
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    this.length = 0;
    if (this.target === 'terminal') this.session.custom('hyperscope/console', { bytes: bytes.toString('base64') });
    else this.session.event('output', { category: 'stdout', output: this.decoder.decode(bytes, { stream: true }) });
  }
}
