// Compiled regions as text for people: which there are, and of one its counts, its guest code and the WebAssembly made of it.
import { countOf } from '../../base/count-of';
import type { CompiledRegion, CompiledRegions, RegionEntry } from '../../machine/control/region-types';
import type { InstructionDecoder } from './decoder';

type Describe = (linear: bigint) => string;

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const entered = ({ entered: count }: RegionEntry): string => (count === undefined ? '' : `, entered ${countOf(count, 'time')}`);

/** The busiest first where they count, else the longest. */
const sorted = (regions: readonly RegionEntry[]): RegionEntry[] =>
  regions.toSorted((a, b) => (b.entered ?? 0) - (a.entered ?? 0) || b.instructions - a.instructions || (a.linear < b.linear ? -1 : 1));

export function regionsText({ tier, counting, regions }: CompiledRegions, describe: Describe): string {
  if (tier === 'interpreter')
    return 'nothing is compiled: this run interprets all code. With "tier": "auto" in the launch configuration hot code is compiled.';
  const counts = counting ? '' : '; "regions count on" compiles them again with counts';
  const head = `${countOf(regions.length, 'region')} compiled now${counts}`;
  const lines = sorted(regions).map((region) => {
    const { linear, blocks, instructions, bytes } = region;
    return `${hex(linear)}  ${describe(linear)}  ${countOf(instructions, 'instruction')} in ${countOf(blocks, 'block')}, ${countOf(bytes, 'byte')} of WebAssembly${entered(region)}`;
  });
  return [head, ...lines].join('\n');
}

export function regionText(region: CompiledRegion, decoder: InstructionDecoder, describe: Describe): string {
  const { linear, bitness, blocks, instructions, bytes, code, left, wasm } = region;
  const guest = code.flatMap((block) => [
    `${hex(block.linear)}  ${describe(block.linear)}`,
    ...decoder.decode(block.bytes, block.linear, bitness, block.bytes.length).map(({ address, text }) => `  ${hex(address)}  ${text}`),
  ]);
  const busiest = left.filter(({ count }) => count > 0).toSorted((a, b) => b.count - a.count);
  return [
    `Region at ${hex(linear)} (${describe(linear)}): ${countOf(instructions, 'instruction')} in ${countOf(blocks, 'block')}, ${countOf(bytes, 'byte')} of WebAssembly${entered(region)}`,
    ...(busiest.length > 0 ? ['', 'Left before:'] : []),
    ...busiest.map(({ linear: at, what, count }) => `  ${hex(at)}  ${countOf(count, 'time')}: ${what}`),
    '',
    'Guest code:',
    ...guest,
    '',
    'WebAssembly:',
    wasm,
  ].join('\n');
}
