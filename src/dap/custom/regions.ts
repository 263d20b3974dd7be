// Code that the engine has compiled to WebAssembly: which regions there are, and those at an address with guest code, WebAssembly and counts.
import { regionsText, regionText } from '../../debug/disassembly/region-text';
import type { RegionAnswer } from '../../protocol/regions';
import { toHex } from '../../protocol/wire';
import type { Guest } from '../guest';
import { custom } from './custom';
import { linearOf } from './walk';

/** Of the regions with code at an address; where there is none, what to do. */
export async function regionTextAt(guest: Guest, linear: bigint): Promise<RegionAnswer> {
  const describe = (at: bigint): string => guest.describe(at);
  const regions = await guest.control.regionsAt(guest.vm, linear);
  const decoder = await guest.debugger.loadDecoder();
  const head = { linear: toHex(linear), regions: regions.length };
  if (regions.length > 0) return { ...head, text: regions.map((region) => regionText(region, decoder, describe)).join('\n\n') };
  const all = await guest.control.compiledRegions(guest.vm);
  const none = `no region has code at ${toHex(linear)} (${describe(linear)})`;
  return { ...head, text: `${none}: it is not hot, or not compiled yet\n\n${regionsText(all, describe)}` };
}

export const regions = custom('hyperscope/regions', async (session, { counting }) => {
  const guest = session.guest('hyperscope/regions');
  const all = await guest.control.compiledRegions(guest.vm, counting);
  const describe = (at: bigint): string => guest.describe(at);
  return {
    text: regionsText(all, describe),
    tier: all.tier,
    counting: all.counting,
    regions: all.regions.map(({ linear, blocks, instructions, bytes, entered }) => {
      return { linear: toHex(linear), symbol: describe(linear), blocks, instructions, bytes, entered: entered ?? null };
    }),
  };
});

export const region = custom('hyperscope/region', async (session, { vcpu, address }) => {
  const guest = session.guest('hyperscope/region');
  await guest.vcpuOfThread(vcpu + 1);
  return regionTextAt(guest, await linearOf(guest, vcpu, address));
});
