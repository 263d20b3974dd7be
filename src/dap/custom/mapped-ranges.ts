// What is mapped where, in runs of equal permissions.
import { fromHex, toHex } from '../../protocol/wire';
import { parseReference } from '../memory-reference';
import { custom } from './custom';
import { linearOf, pageFlags } from './walk';

const MOST = 5000;

export const mappedRanges = custom('hyperscope/mappedRanges', async (session, { vcpu, start, limit, cr3 }) => {
  const guest = session.guest('hyperscope/mappedRanges');
  await guest.vcpuOfThread(vcpu + 1);
  parseReference('hyperscope/mappedRanges', start);
  const other = cr3 === undefined ? undefined : await linearOf(guest, vcpu, cr3);
  const { ranges, next } = await guest.control.mappedRanges(guest.vm, vcpu, fromHex(start), Math.min(limit, MOST), other);
  const own = other ?? (await guest.control.registers(guest.vm, vcpu)).values.cr3 ?? 0n;
  guest.topics.read('pageTables');
  return {
    cr3: toHex(own),
    moment: (await guest.control.vcpus()).map(({ position }) => position.retired).join(' '),
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
