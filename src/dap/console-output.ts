// The guest's console on its way to the client: gathered for a moment, so that a chatty guest does not send a message per byte.
import type { Session } from './session';

const GATHER_MS = 15;
const MOST_BYTES = 64 << 10;

export class ConsoleOutput {
  private chunks: Uint8Array[] = [];
  private length = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly decoder = new TextDecoder();

  constructor(
    private readonly session: Session,
    private readonly target: 'terminal' | 'debugConsole' | 'none',
  ) {}

  write(bytes: Uint8Array): void {
    if (this.target === 'none') return;
    this.chunks.push(bytes);
    this.length += bytes.length;
    if (this.length >= MOST_BYTES) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
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
