// How a device keeps its registers: one plain struct that is copied out by save and copied in by restore.
// Restoring drives no wire: whoever is at the other end of a wire saves the level it sees, and the event queue saves the timers.
import { assert } from '../base/assert';
import type { SavedValue } from '../base/saved';

export type DeviceState = { [key: string]: SavedValue };

function copyValue(value: SavedValue): SavedValue {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copyValue);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyValue(item)]));
}

/** A deep copy that later changes of the device do not reach. */
export function saveState(state: DeviceState): SavedValue {
  return copyValue(state);
}

/** Overwrites `state` by what saveState gave for a device of the same kind. */
export function restoreState(owner: string, state: DeviceState, saved: SavedValue): void {
  assert(saved !== null && typeof saved === 'object' && !Array.isArray(saved), `${owner}: saved state is not a struct`);
  const copy = copyValue(saved) as DeviceState;
  const expected = Object.keys(state).sort().join();
  assert(Object.keys(copy).sort().join() === expected, `${owner}: saved state has other fields than ${expected}`);
  Object.assign(state, copy);
}
