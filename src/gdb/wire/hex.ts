// Numbers and bytes as the GDB remote protocol writes them: hexadecimal digits without a prefix; register and memory contents byte by byte in target order.

export const hex = (value: bigint | number): string => value.toString(16);
export const hexByte = (value: number): string => value.toString(16).padStart(2, '0');

export function bytesToHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Undefined where the text is no whole number of bytes. */
export function hexToBytes(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export const textToHex = (text: string): string => bytesToHex(new TextEncoder().encode(text));

/** An address or a length of at most 64 bits. */
export function parseHex(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined;
}

export function parseLength(text: string | undefined, most: number): number | undefined {
  const value = parseHex(text);
  return value === undefined || value > BigInt(most) ? undefined : Number(value);
}

/** Little-endian, as many bytes as asked for. */
export function littleEndian(value: bigint, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let rest = BigInt.asUintN(bytes * 8, value);
  for (let i = 0; i < bytes; i++) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}
