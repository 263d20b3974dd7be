// One connection with gdb: packets in order, acknowledged until gdb asks not to (QStartNoAckMode), replies sent again where gdb asks for it.
import { encodePacket, PacketReader, type WireItem } from './framing';

export interface DuplexLike {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'close' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  write(data: Uint8Array): boolean;
  end(): unknown;
}

const ACK = Uint8Array.of(0x2b);
const NACK = Uint8Array.of(0x2d);
const REFUSAL = 'This port speaks the GDB remote serial protocol: connect gdb to it.\n';
/** A reply that is damaged again and again is not going to arrive. */
const MAX_RESENDS = 8;

export class Link {
  onPacket: (data: Uint8Array) => void = () => {};
  onInterrupt: () => void = () => {};
  onClose: () => void = () => {};
  private readonly reader = new PacketReader();
  private acknowledging = true;
  private last: Uint8Array | undefined;
  private resends = 0;
  private closed = false;

  constructor(private readonly stream: DuplexLike) {
    stream.on('data', (chunk) => this.receive(chunk));
    stream.on('end', () => this.close());
    stream.on('close', () => this.close());
    stream.on('error', () => this.close());
  }

  get isClosed(): boolean {
    return this.closed;
  }

  send(reply: string | Uint8Array): void {
    if (this.closed) return;
    this.last = encodePacket(reply);
    this.resends = 0;
    this.stream.write(this.last);
  }

  /** From the next packet on. */
  stopAcknowledging(): void {
    this.acknowledging = false;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stream.end();
    this.onClose();
  }

  private receive(chunk: Uint8Array): void {
    for (const item of this.reader.push(chunk)) {
      if (this.closed) return;
      this.take(item);
    }
  }

  private take(item: WireItem): void {
    switch (item.kind) {
      case 'packet':
        if (this.acknowledging) this.stream.write(ACK);
        this.onPacket(item.data);
        break;
      case 'damaged':
        if (this.acknowledging) this.stream.write(NACK);
        break;
      case 'nack':
        if (this.last !== undefined && this.resends++ < MAX_RESENDS) this.stream.write(this.last);
        break;
      case 'interrupt':
        this.onInterrupt();
        break;
      case 'stranger':
        this.stream.write(Buffer.from(REFUSAL, 'latin1'));
        this.close();
        break;
      default:
    }
  }
}
