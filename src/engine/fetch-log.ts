// From which linear pages instructions may have come since a snapshot: noted whenever a fast tag for fetching is set, which every page needs after a snapshot has
// taken all away. A page that was fetched from is always noted; others may seem to be. Nothing of it is a guest's state.
import { FETCH_LOG, FETCH_LOG_PAGES } from './tlb-layout';

/** Of the page, by halves of an address. */
export const fetchLogSlot = (lo: number, hi: number): number => ((lo >>> 12) ^ hi) & (FETCH_LOG_PAGES - 1);

/** One byte for each slot. */
export const fetchLogOf = (memory: Uint8Array): Uint8Array => memory.subarray(FETCH_LOG, FETCH_LOG + FETCH_LOG_PAGES);

/** Whether an instruction at this address may have run. */
export function mayHaveFetched(log: Uint8Array, linear: bigint): boolean {
  const lo = Number(BigInt.asIntN(32, linear));
  const hi = Number(BigInt.asIntN(32, linear >> 32n));
  return log[fetchLogSlot(lo, hi)] !== 0;
}
