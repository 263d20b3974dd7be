// What a handler of a hypercall is given and gives back.
import type { XenDomain } from '../domain';
import type { GuestAccess } from '../guest-access';

export interface XenCall {
  readonly domain: XenDomain;
  readonly vcpu: number;
  /** Six, truncated to 32 bits outside 64-bit mode. */
  readonly args: readonly bigint[];
  /** The command of a call that has them, without what is packed above it. */
  readonly command: number;
  readonly guest: GuestAccess;
  /** The call was made by an entry of a multicall. */
  readonly nested: boolean;
}

/** Not done yet: the instruction is made again with these arguments, after whatever is more urgent. */
export interface Continuation {
  readonly again: readonly bigint[];
}
export type XenResult = bigint | Continuation;
export type XenCallHandler = (call: XenCall) => XenResult;

/** Parts of a list that one call does before it goes on as another: far below a millisecond. */
export const PIECE = 32;

/** 0x7ff0, or the number of the domain itself. */
const DOMID_SELF = 0x7ff0;
export const isSelf = ({ domain }: XenCall, id: number): boolean => id === DOMID_SELF || id === domain.host.domainId;
export const isDomidSelf = (id: number): boolean => id === DOMID_SELF;
