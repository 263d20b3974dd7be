// Where something is that a person wants to watch: a variable, an expression, or an address ("phys:0x1000" for a guest-physical one).
import { evaluate, evaluateAddress } from '../debug/c/evaluate';
import { addressOf, type Value } from '../debug/c/value';
import { debugErrors } from '../debug/debug-error';
import type { FrameScope } from '../debug/frames/frame-scope';
import { sizeOf } from '../symbols/types';
import type { DataPlace } from './data-id';
import type { Guest } from './guest';

/** More than this is a mistake. */
const MOST_BYTES = 16 << 20;

export function placeOfValue(value: Value, label: string, guest: Guest, paging: boolean): DataPlace {
  if (value.register !== undefined || value.location.kind === 'register')
    throw debugErrors.cannotWatch(label, 'it is in a register, and only memory can be.');
  if (value.bitSize === undefined) return placeAt(addressOf(value), sizeOf(value.type) ?? 1, label, guest, paging);
  throw debugErrors.cannotWatch(label, 'a bit-field has no address: watch the structure or its bytes.');
}

/** Before paging, linked addresses are somewhere else: then their physical place is watched. */
export function placeAt(address: bigint, length: number, label: string, guest: Guest, paging: boolean): DataPlace {
  const physical = paging ? undefined : guest.debugger.addresses.physicalOf(address);
  return checked({ space: physical === undefined ? 'linear' : 'physical', address: physical ?? address, length, label });
}

function checked(place: DataPlace): DataPlace {
  const { address, length, label, space } = place;
  if (length < 1 || length > MOST_BYTES) throw debugErrors.cannotWatch(label, `it has ${length} bytes: 1 to ${MOST_BYTES} can be watched.`);
  const end = address + BigInt(length);
  if (end > 1n << (space === 'physical' ? 46n : 64n)) throw debugErrors.cannotWatch(label, 'it does not lie within the address space.');
  return place;
}

/** "phys:0x1000", "0x1000", or an expression that gives an address. */
export async function placeOfAddress(text: string, length: number, physical: boolean, scope: FrameScope, guest: Guest): Promise<DataPlace> {
  const prefix = /^\s*phys(ical)?:\s*/i.exec(text);
  const rest = prefix ? text.slice(prefix[0].length) : text;
  const { stop } = scope.frame.physical;
  const address = /^\s*(0x[0-9a-f]{1,16}|\d{1,20})\s*$/i.test(rest) ? BigInt(rest.trim()) : await evaluateAddress(rest, scope);
  if (prefix || physical) return checked({ space: 'physical', address, length, label: `physical 0x${address.toString(16)}` });
  const symbol = guest.describe(address);
  return placeAt(address, length, symbol === '' ? `0x${address.toString(16)}` : symbol, guest, stop.isPaging);
}

/** An lvalue of C. */
export async function placeOfExpression(text: string, physical: boolean, scope: FrameScope, guest: Guest): Promise<DataPlace> {
  const { stop } = scope.frame.physical;
  const place = placeOfValue(await evaluate(text, scope), text.trim(), guest, stop.isPaging);
  if (!physical || place.space === 'physical') return place;
  const walk = await guest.control.walk(guest.vm, stop.vcpu, place.address);
  if (walk.result === null) throw debugErrors.cannotWatch(text, 'it is not mapped, so it has no physical address now.');
  return checked({ ...place, space: 'physical', address: BigInt(walk.result.gpa), label: `${place.label} (physical)` });
}
