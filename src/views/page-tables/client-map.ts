// Reads the map of an address space, and keeps that of the stop before.
import type { MappedRangesAnswer } from '../../protocol/requests';
import type { Link } from '../kit/client/link';
import type { PanelFocus } from '../kit/protocol';
import type { PageTablesPanelState, Range } from './model';
import { mergeRanges } from './model-map';

/** Ranges read at a time, and at most in all. */
const pageOfRanges = 256;
const mostRanges = 8192;

export interface ReadMap {
  ranges: Range[];
  /** There are more than were read. */
  more: boolean;
  moment: string;
}

export async function readMap(link: Link<'hyperscope/mappedRanges', PageTablesPanelState>, vcpu: number, cr3?: string): Promise<ReadMap> {
  const read: Range[] = [];
  let next: MappedRangesAnswer['next'] = '0x0';
  let moment = '';
  while (next !== null && read.length < mostRanges) {
    const answer: MappedRangesAnswer = await link.request('hyperscope/mappedRanges', {
      ...{ vcpu, start: next, limit: pageOfRanges },
      ...(cr3 === undefined ? {} : { cr3 }),
    });
    read.push(...answer.ranges);
    next = answer.next;
    moment = answer.moment;
  }
  return { ranges: mergeRanges(read), more: next !== null, moment };
}

export class AddressSpace {
  ranges: Range[] = [];
  more = false;
  /** At the stop before this one; undefined: there was none that this panel has seen. */
  before: Range[] | undefined;
  private readFor = '';
  private stop = '';

  accept({ ranges, more, moment }: ReadMap, { session, vcpu, running }: PanelFocus): void {
    const subject = `${session} ${vcpu}`;
    if (subject !== this.readFor) {
      this.before = undefined;
      this.stop = '';
    } else if (!running && moment !== this.stop && this.stop !== '') this.before = this.ranges;
    this.readFor = subject;
    // While the guest runs only the map of the last stop counts.
    if (running && this.stop !== '') return;
    this.ranges = ranges;
    this.more = more;
    if (!running) this.stop = moment;
  }
}
