// Small guests made by hand: 32-bit code for a PVH image, put together from pieces.
import { pvhImage } from '../../src/cli/self-check/pvh-image';

const le16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];
const le32 = (value: number): number[] => [...le16(value), ...le16(value >>> 16)];
const movDx = (port: number): number[] => [0x66, 0xba, ...le16(port)];

/** out port, value (bytes). */
export const outb = (port: number, value: number): number[] => [...movDx(port), 0xb0, value, 0xee];
export const print = (text: string): number[] => [...text].flatMap((char) => outb(0x3f8, char.charCodeAt(0)));
export const debugPrint = (text: string): number[] => [...text].flatMap((char) => outb(0xe9, char.charCodeAt(0)));
export const exitWith = (value: number): number[] => outb(0xf4, value);
/** cli; hlt; jmp back to hlt. */
export const haltForEver = [0xfa, 0xf4, 0xeb, 0xfd];
/** An IDT without entries, and a breakpoint. */
export const tripleFault = [0x0f, 0x01, 0x1d, ...le32(0x9_0000), 0xcc];
/** Keyboard controller: pulse the reset line. */
export const resetMachine = outb(0x64, 0xfe);
/** A loop of three instructions, `turns` times. */
export const spin = (turns: number): number[] => [0xb9, ...le32(turns), 0x01, 0xc8, 0x49, 0x75, 0xfb];
export const spinForEver = [0xeb, 0xfe];

/** Sends back what the serial port receives, up to and with a 'q' (polled). */
export const echoUntilQ = ((): number[] => {
  const body = [...movDx(0x3fd), 0xec, 0xa8, 0x01];
  const echo = [...movDx(0x3f8), 0xec, 0xee, 0x3c, 0x71];
  const again = body.length + 2;
  return [...body, 0x74, 0x100 - again, ...echo, 0x75, 0x100 - (again + echo.length + 2)];
})();

/** mov eax, nr; mov ebx … esi; vmcall. */
export const hypercall = (nr: number, ...args: number[]): number[] => [
  ...[0xb8, ...le32(nr)],
  ...[0xbb, 0xb9, 0xba, 0xbe].flatMap((opcode, i) => [opcode, ...le32(args[i] ?? 0)]),
  ...[0x0f, 0x01, 0xc1],
];

export const image = (...pieces: readonly number[][]): Uint8Array => pvhImage(Uint8Array.from(pieces.flat()));
