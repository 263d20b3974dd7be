// LEB128 as the WebAssembly binary format uses it, appended to a byte list.
import type { ByteList } from './byte-list';

export function pushUleb(out: ByteList, value: number): void {
  let rest = value >>> 0;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    out.push(rest ? byte | 0x80 : byte);
  } while (rest);
}

export function pushSleb32(out: ByteList, value: number): void {
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}

export function pushSleb64(out: ByteList, value: bigint): void {
  if (value >= -0x8000_0000n && value <= 0x7fff_ffffn) {
    pushSleb32(out, Number(value));
    return;
  }
  let rest = BigInt.asIntN(64, value);
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && !(byte & 0x40)) || (rest === -1n && byte & 0x40)) {
      out.push(byte);
      return;
    }
    out.push(byte | 0x80);
  }
}
