// Where a variable is, in a frame whose registers and memory are made up from their numbers: the same description gives the same text.

import type { FramePort } from '../../src/symbols/frame-evaluator';
import { littleEndian } from '../../src/symbols/location';
import type { Variable } from '../../src/symbols/variable';

const port: FramePort = {
  register: (number) => 0x10_0000n * BigInt(number + 1),
  memory: (address, length) => littleEndian(BigInt.asUintN(length * 8, address * 0x9e37_79b9n), length),
  cfa: () => 0x7000_0000n,
};

export async function evaluateLocationText(variable: Variable): Promise<string> {
  return JSON.stringify(await variable.locate(port), (key, value: unknown) => {
    // Where a DIE lies differs from file to file.
    if (key === 'dieOffset') return undefined;
    if (typeof value === 'bigint') return `0x${value.toString(16)}`;
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  });
}
