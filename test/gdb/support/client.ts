// A scripted gdb: sends packets to a server in this process and takes what comes back, checksums checked.
import assert from 'node:assert/strict';
import { GdbServer } from '../../../src/gdb/server';
import type { GdbTarget } from '../../../src/gdb/target';
import { encodePacket, PacketReader, type WireItem } from '../../../src/gdb/wire/framing';
import type { DuplexLike } from '../../../src/gdb/wire/link';

const PATIENCE_MS = 120_000;

/** One end of a connection; the other is the test. */
export class Pipe implements DuplexLike {
  private readonly listeners = new Map<string, ((argument?: unknown) => void)[]>();
  readonly written: Uint8Array[] = [];
  ended = false;
  onWrite: () => void = () => {};

  on(event: string, listener: (argument: never) => void): this {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener as (argument?: unknown) => void]);
    return this;
  }
  write(data: Uint8Array): boolean {
    this.written.push(data);
    this.onWrite();
    return true;
  }
  end(): void {
    this.ended = true;
    this.onWrite();
  }
  emit(event: string, argument?: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener(argument);
  }
}

export class ScriptedGdb {
  readonly pipe = new Pipe();
  acks = 0;
  nacks = 0;
  /** What the server had to say beside its answers. */
  console = '';
  private readonly reader = new PacketReader();
  private readonly replies: string[] = [];
  private waiting: (() => void) | undefined;

  constructor(readonly server: Pick<GdbServer, 'accept'>) {
    this.pipe.onWrite = () => this.receive();
    server.accept(this.pipe);
  }

  static on(target: GdbTarget): ScriptedGdb {
    return new ScriptedGdb(
      new GdbServer(
        () => target,
        (text) => assert.fail(text),
      ),
    );
  }

  raw(bytes: string | Uint8Array): void {
    this.pipe.emit('data', Buffer.from(bytes as Uint8Array));
  }

  send(packet: string | Uint8Array): void {
    this.raw(encodePacket(packet));
  }

  /** The next answer; console text is set aside. */
  async reply(): Promise<string> {
    const timer = setTimeout(() => {
      throw new Error('no answer');
    }, PATIENCE_MS);
    try {
      for (;;) {
        const reply = this.replies.shift();
        if (reply !== undefined && /^O[0-9a-f]/.test(reply)) this.console += Buffer.from(reply.slice(1), 'hex').toString('utf8');
        else if (reply !== undefined) return reply;
        else if (this.pipe.ended) throw new Error('the connection is closed');
        else
          await new Promise<void>((resolve) => {
            this.waiting = resolve;
          });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  ask(packet: string | Uint8Array): Promise<string> {
    this.send(packet);
    return this.reply();
  }

  async monitor(line: string): Promise<string> {
    this.console = '';
    assert.equal(await this.ask(`qRcmd,${Buffer.from(line).toString('hex')}`), 'OK');
    return this.console;
  }

  /** A whole object of qXfer. */
  async read(object: string, annex = '', piece = 0x400): Promise<string> {
    let text = '';
    for (;;) {
      const reply = await this.ask(`qXfer:${object}:read:${annex}:${text.length.toString(16)},${piece.toString(16)}`);
      text += reply.slice(1);
      if (reply[0] !== 'm') return text;
    }
  }

  close(): void {
    this.pipe.emit('close');
  }

  private receive(): void {
    for (const bytes of this.pipe.written.splice(0)) for (const item of this.reader.push(bytes)) this.take(item);
    this.waiting?.();
    this.waiting = undefined;
  }

  private take(item: WireItem): void {
    if (item.kind === 'packet') this.replies.push(Buffer.from(item.data).toString('latin1'));
    else if (item.kind === 'ack') this.acks++;
    else if (item.kind === 'nack') this.nacks++;
  }
}
