// The Debug Adapter Protocol's base protocol on any pair of streams: "Content-Length: N\r\n\r\n" and N bytes of JSON, both ways.
// A peer that does not begin so (a web page that found the port) is refused before anything is parsed.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { dapErrors } from './errors';

export interface DuplexLike {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'close' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
}
export interface WritableLike {
  write(data: string | Uint8Array): boolean;
  end(): unknown;
}

const HEADER = 'Content-Length:';
const HEADER_LIMIT = 4096;
const BODY_LIMIT = 64 << 20;
const EMPTY = new Uint8Array(0);

export class Connection {
  private pending: Uint8Array = EMPTY;
  private bodyLength = -1;
  private sequence = 1;
  private closed = false;

  onMessage: (message: DebugProtocol.ProtocolMessage) => void = () => {};
  onClose: () => void = () => {};
  /** Every message, both ways, as it is on the wire: for the log. */
  onTraffic: ((direction: 'in' | 'out', message: DebugProtocol.ProtocolMessage) => void) | undefined;

  private readonly listener = (chunk: Uint8Array) => this.receive(chunk);

  constructor(
    private readonly input: DuplexLike,
    private readonly output: WritableLike,
  ) {
    input.on('data', this.listener);
    input.on('end', () => this.close());
    input.on('close', () => this.close());
    input.on('error', () => this.close());
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Numbers the message and writes it. */
  send(message: DebugProtocol.ProtocolMessage): void {
    if (this.closed) return;
    message.seq = this.sequence++;
    this.onTraffic?.('out', message);
    const body = Buffer.from(JSON.stringify(message), 'utf8');
    this.output.write(Buffer.concat([Buffer.from(`${HEADER} ${body.length}\r\n\r\n`, 'latin1'), body]));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.input.off('data', this.listener);
    this.output.end();
    this.onClose();
  }

  private receive(chunk: Uint8Array): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    try {
      while (!this.closed && this.takeOne());
    } catch (error) {
      this.refuse(error as Error);
    }
  }

  /** One step: a header, or a message. False: more bytes are needed. */
  private takeOne(): boolean {
    if (this.bodyLength < 0) {
      const start = Buffer.from(this.pending.subarray(0, HEADER.length)).toString('latin1');
      if (!HEADER.startsWith(start)) throw dapErrors.notDap();
      const end = Buffer.from(this.pending.buffer, this.pending.byteOffset, Math.min(this.pending.length, HEADER_LIMIT)).indexOf(
        '\r\n\r\n',
      );
      if (end < 0) {
        if (this.pending.length >= HEADER_LIMIT) throw dapErrors.notDap();
        return false;
      }
      const match = /^Content-Length: *(\d{1,9})(\r\n[^\r\n]+)*$/.exec(Buffer.from(this.pending.subarray(0, end)).toString('latin1'));
      const length = Number(match?.[1] ?? Number.NaN);
      if (!(length <= BODY_LIMIT)) throw dapErrors.notDap();
      this.bodyLength = length;
      this.pending = this.pending.subarray(end + 4);
      return true;
    }
    if (this.pending.length < this.bodyLength) return false;
    const text = Buffer.from(this.pending.subarray(0, this.bodyLength)).toString('utf8');
    this.pending = this.pending.subarray(this.bodyLength);
    this.bodyLength = -1;
    let message: DebugProtocol.ProtocolMessage;
    try {
      message = JSON.parse(text) as DebugProtocol.ProtocolMessage;
    } catch {
      throw dapErrors.badJson();
    }
    if (typeof message !== 'object' || message === null || typeof message.type !== 'string') throw dapErrors.badJson();
    this.onTraffic?.('in', message);
    this.onMessage(message);
    return true;
  }

  /** Says why in plain text and hangs up: what speaks here is not a debug client. */
  private refuse(error: Error): void {
    this.output.write(`${error.message}\n`);
    this.close();
  }
}
