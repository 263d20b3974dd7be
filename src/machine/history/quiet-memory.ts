// Whether a watched place in memory can have been written between two snapshots: by the pages of RAM that were.
import { PAGE_SIZE } from '../../x86/layout';
import type { StopPointSpec } from '../control/types';
import { isPlain } from './past-tables';
import { framesOf, framesStayed, type Stretch } from './quiet-tables';

type DataPlace = Extract<StopPointSpec['where'], { kind: 'data' }>;

const PAGE = BigInt(PAGE_SIZE);

export function mayHaveWritten(stretch: Stretch, { space, address, length, access }: DataPlace): boolean {
  const { all, index, vm } = stretch;
  // Reads are not noted.
  if (access === 'read' || access === 'access' || !framesStayed(stretch)) return true;
  const written = all[index]!.pages[vm.index]!;
  const first = address / PAGE;
  const last = (address + BigInt(length) - 1n) / PAGE;
  for (let page = first; page <= last; page++) {
    const frames = space === 'physical' ? [Number(page)] : framesOf(stretch, page * PAGE);
    if (frames === undefined || frames.some((gfn) => !isPlain(vm, gfn) || written.has(gfn))) return true;
  }
  return false;
}
