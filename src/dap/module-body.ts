// A symbol file as the protocol's "module".
import { basename } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SymbolFile } from '../symbols/symbol-file';

const PT_LOAD = 1;
const SHF_ALLOC = 2;
const HIGH_HALF = 1n << 63n;

export function moduleBody(file: SymbolFile, id: number): DebugProtocol.Module & { buildId?: string } {
  const ranges = loadedRanges(file);
  const starts = ranges.map(({ start }) => start + file.slide);
  const ends = ranges.map(({ start, size }) => start + file.slide + size);
  const least = starts.reduce((a, b) => (b < a ? b : a), starts[0] ?? 0n);
  const most = ends.reduce((a, b) => (b > a ? b : a), ends[0] ?? 0n);
  return {
    ...{ id, name: basename(file.name), path: file.name, symbolFilePath: file.name, isUserCode: true },
    symbolStatus: file.hasDebugInfo() ? 'Symbols and debug information' : (file.missingDebugInfo()?.message ?? 'Symbols'),
    addressRange: `0x${least.toString(16)}-0x${most.toString(16)}`,
    ...(file.buildId !== undefined && { buildId: file.buildId }),
  };
}

/** Segments; of an object file (a kernel module) the sections that were given a place. Linux's per-CPU segment is linked at 0, where it never is. */
function loadedRanges({ elf }: SymbolFile): { start: bigint; size: bigint }[] {
  const segments = elf.segments
    .filter(({ type, memorySize }) => type === PT_LOAD && memorySize > 0)
    .map(({ vaddr, memorySize }) => ({ start: vaddr, size: BigInt(memorySize) }));
  const found = segments.length > 0 ? segments : elf.sections.filter(({ flags }) => (flags & SHF_ALLOC) !== 0).map(sectionRange);
  const high = found.filter(({ start }) => start >= HIGH_HALF);
  return high.length > 0 ? high : found;
}

const sectionRange = ({ address, size }: { address: bigint; size: number }) => ({ start: address, size: BigInt(size) });
