// --regions: what the engine has compiled, the busiest first: counts, guest code, and the WebAssembly made of it.
import { countOf } from '../../base/count-of';
import { InstructionDecoder } from '../../debug/disassembly/decoder';
import type { RegionReport } from '../../engine/jit/region-profile';
import { ModeBit, RAM_BASE } from '../../x86/layout';

const hex = (value: number): string => `0x${value.toString(16)}`;
/** Place of a byte of plain RAM; of an overlay's page it says the place in the engine's memory. */
const placeOf = (physical: number): number => (physical >= RAM_BASE ? physical - RAM_BASE : physical);
const bitnessOf = (mode: number): 16 | 32 | 64 => (mode & ModeBit.code64 ? 64 : mode & ModeBit.code32 ? 32 : 16);

const totalOf = ({ counts }: RegionReport): number => counts.find(({ what }) => what === 'entered')?.count ?? 0;

function regionText(report: RegionReport, decoder: InstructionDecoder): string {
  const { physical, mode, blocks, bytes, wasm, counts } = report;
  const instructions = blocks.map(({ physical: place, code }) => {
    const listed = decoder.decode(code, BigInt(placeOf(place)), bitnessOf(mode), code.length);
    return [`block at ${hex(placeOf(place))}`, ...listed.map(({ address, text }) => `  ${hex(Number(address))}  ${text}`)].join('\n');
  });
  const left = counts
    .filter(({ what, count }) => what !== 'entered' && count > 0)
    .toSorted((a, b) => b.count - a.count)
    .map(({ delta, what, count }) => `  ${countOf(count, 'time')} before ${hex(placeOf(physical) + delta)}: ${what}`);
  const head = `Region at guest-physical ${hex(placeOf(physical))}: ${countOf(blocks.length, 'block')}, ${countOf(bytes, 'byte')} of WebAssembly, entered ${countOf(totalOf(report), 'time')}`;
  return [head, 'Left:', ...left, 'Guest code:', ...instructions, 'WebAssembly:', wasm].join('\n');
}

/** By VM. */
export async function regionsText(vms: readonly (readonly RegionReport[])[]): Promise<string> {
  const decoder = await InstructionDecoder.load();
  const parts = vms.map((reports, vm) => {
    const sorted = reports.toSorted((a, b) => totalOf(b) - totalOf(a));
    return [`VM ${vm}: ${countOf(reports.length, 'region')}`, ...sorted.map((report) => regionText(report, decoder))].join('\n\n');
  });
  return `${parts.join('\n\n')}\n`;
}
