// What the checks of Xen's commands share.
import assert from 'node:assert/strict';
import { type Guest, PAGE } from './fake-host';

export type CommandCheck = (made: Guest) => void;

export const SELF: [number, 2, number] = [0, 2, 0x7ff0];
export const EINVAL = -22n;
export const ENOENT = -2n;
export const ESRCH = -3n;

/** shared_info at frame 0x20. */
export const withSharedInfo = (made: Guest): void => assert.equal(made.call(12, 7, made.struct([SELF, [4, 4, 0], [16, 8, 0x20]])), 0n);

/** In shared_info. */
export const isPending = (made: Guest, port: number): boolean =>
  ((made.host.memory.read(0x20 * PAGE + 0x800 + (port >> 3), 1)![0]! >> (port & 7)) & 1) === 1;
