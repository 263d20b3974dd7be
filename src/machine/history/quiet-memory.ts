// Whether a watched place in memory can have been read or written between two snapshots: by the pages of RAM that were.
import { PAGE_SIZE } from '../../x86/layout';
import type { StopPointSpec } from '../control/types';
import { isPlain } from './past-tables';
import { framesOf, framesStayed, type Stretch } from './quiet-tables';

type DataPlace = Extract<StopPointSpec['where'], { kind: 'data' }>;

const PAGE = BigInt(PAGE_SIZE);

/** `used`: a bit for each page that may have been read. */
export function mayHaveTouched(stretch: Stretch, used: Uint8Array, { space, address, length, access }: DataPlace): boolean {
  const { all, index, vm } = stretch;
  if (!framesStayed(stretch)) return true;
  const written = all[index]!.pages[vm.index]!;
  const looksAtReads = access === 'read' || access === 'access';
  // The host itself writes, too.
  const isTouched = (page: number): boolean =>
    (access !== 'read' && written.has(page)) || (looksAtReads && ((used[page >>> 3] ?? 0xff) & (1 << (page & 7))) !== 0);
  const first = address / PAGE;
  const last = (address + BigInt(length) - 1n) / PAGE;
  for (let page = first; page <= last; page++) {
    const frames = space === 'physical' ? [Number(page)] : framesOf(stretch, page * PAGE);
    if (frames === undefined || frames.some((gfn) => !isPlain(vm, gfn) || isTouched(gfn))) return true;
  }
  return false;
}
