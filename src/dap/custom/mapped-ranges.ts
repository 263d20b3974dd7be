// What is mapped where, in runs of equal permissions.
import { fromHex, toHex } from '../../protocol/wire';
import { parseReference } from '../memory-reference';
import { custom } from './custom';
import { pageFlags } from './walk';

const MOST = 5000;

export const mappedRanges = custom('hyperscope/mappedRanges', async (session, { vcpu, start, limit }) => {
  const guest = session.guest('hyperscope/mappedRanges');
  await guest.vcpuOfThread(vcpu + 1);
  parseReference('hyperscope/mappedRanges', start);
  const { ranges, next } = await guest.control.mappedRanges(guest.vm, vcpu, fromHex(start), Math.min(limit, MOST));
  guest.topics.read('pageTables');
  return {
    ranges: ranges.map((range) => ({
      start: toHex(range.start),
      end: toHex(range.end),
      gpa: toHex(range.gpa),
      pageSize: range.pageSize,
      flags: pageFlags(range),
      symbol: guest.describe(range.start),
    })),
    next: next === null ? null : toHex(next),
  };
});
