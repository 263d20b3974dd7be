// Packets of the GDB remote protocol ("$data#checksum", GDB manual, E.1): bytes to packets and back. Pure: no socket, no acknowledging.

const DOLLAR = 0x24;
const HASH = 0x23;
const PLUS = 0x2b;
const MINUS = 0x2d;
const ESCAPE = 0x7d;
const STAR = 0x2a;
const INTERRUPT = 0x03;
const ESCAPE_XOR = 0x20;

/** Data bytes of one packet, as qSupported tells gdb. */
export const PACKET_SIZE = 0x4000;
/** What gdb may escape doubles; anything longer is no gdb. */
const RAW_LIMIT = 2 * PACKET_SIZE + 16;

export type WireItem =
  | { readonly kind: 'packet'; readonly data: Uint8Array }
  /** The checksum does not fit. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'ack' }
  | { readonly kind: 'nack' }
  | { readonly kind: 'interrupt' }
  /** Bytes that no gdb sends: the peer is something else. */
  | { readonly kind: 'stranger' };

const hexDigit = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

export class PacketReader {
  private state: 'between' | 'data' | 'high' | 'low' | 'over' = 'between';
  private raw: number[] = [];
  private sum = 0;
  private high = 0;

  /** Whatever the bytes complete. After 'stranger' nothing is read any more. */
  *push(bytes: Uint8Array): Generator<WireItem> {
    for (const byte of bytes) {
      const item = this.byte(byte);
      if (item !== undefined) yield item;
      if (this.state === 'over') return;
    }
  }

  private byte(byte: number): WireItem | undefined {
    switch (this.state) {
      case 'between':
        return this.between(byte);
      case 'data':
        return this.inData(byte);
      case 'high':
        this.high = hexDigit(byte);
        this.state = 'low';
        return this.high < 0 ? this.stranger() : undefined;
      case 'low':
        return this.end(hexDigit(byte));
      case 'over':
        return undefined;
    }
  }

  private between(byte: number): WireItem | undefined {
    switch (byte) {
      case DOLLAR:
        this.begin();
        return undefined;
      case PLUS:
        return { kind: 'ack' };
      case MINUS:
        return { kind: 'nack' };
      case INTERRUPT:
        return { kind: 'interrupt' };
      default:
        return this.stranger();
    }
  }

  private begin(): void {
    this.state = 'data';
    this.raw = [];
    this.sum = 0;
  }

  private inData(byte: number): WireItem | undefined {
    if (byte === HASH) {
      this.state = 'high';
      return undefined;
    }
    // A packet begins anew: the rest of the one before was lost.
    if (byte === DOLLAR) {
      this.begin();
      return { kind: 'damaged' };
    }
    if (this.raw.length >= RAW_LIMIT) return this.stranger();
    this.raw.push(byte);
    this.sum = (this.sum + byte) & 0xff;
    return undefined;
  }

  private end(low: number): WireItem {
    if (low < 0) return this.stranger();
    this.state = 'between';
    if (((this.high << 4) | low) !== this.sum) return { kind: 'damaged' };
    return { kind: 'packet', data: unescaped(this.raw) };
  }

  private stranger(): WireItem {
    this.state = 'over';
    return { kind: 'stranger' };
  }
}

function unescaped(raw: readonly number[]): Uint8Array {
  const out: number[] = [];
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i] ?? 0;
    // An escape with nothing behind it stands for itself.
    if (byte === ESCAPE && i + 1 < raw.length) out.push((raw[++i] ?? 0) ^ ESCAPE_XOR);
    else out.push(byte);
  }
  return Uint8Array.from(out);
}

/** Frames a reply; "}", "$", "#" and "*" (run lengths) in it are escaped. */
export function encodePacket(reply: string | Uint8Array): Uint8Array {
  const data = typeof reply === 'string' ? Buffer.from(reply, 'utf8') : reply;
  const out: number[] = [DOLLAR];
  let sum = 0;
  const put = (byte: number): void => {
    out.push(byte);
    sum = (sum + byte) & 0xff;
  };
  for (const byte of data) {
    if (byte === DOLLAR || byte === HASH || byte === ESCAPE || byte === STAR) {
      put(ESCAPE);
      put(byte ^ ESCAPE_XOR);
    } else put(byte);
  }
  const digits = sum.toString(16).padStart(2, '0');
  out.push(HASH, digits.charCodeAt(0), digits.charCodeAt(1));
  return Uint8Array.from(out);
}
