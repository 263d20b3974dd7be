// JSON on the wire of custom requests: 64-bit values travel as "0x…" strings, byte strings as base64.

/** "0x" and lower-case hexadecimal digits. */
export type Hex = string;

export const toHex = (value: bigint | number): Hex => `0x${value.toString(16)}`;
export const fromHex = (text: Hex): bigint => BigInt(text);
