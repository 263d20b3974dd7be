// A symbol file as the protocol's "module".
import { basename } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SymbolFile } from '../symbols/symbol-file';

const PT_LOAD = 1;

export function moduleBody(file: SymbolFile, id: number): DebugProtocol.Module & { buildId?: string } {
  const loaded = file.elf.segments.filter(({ type, memorySize }) => type === PT_LOAD && memorySize > 0);
  const starts = loaded.map(({ vaddr }) => vaddr + file.slide);
  const ends = loaded.map(({ vaddr, memorySize }) => vaddr + file.slide + BigInt(memorySize));
  const least = starts.reduce((a, b) => (b < a ? b : a), starts[0] ?? 0n);
  const most = ends.reduce((a, b) => (b > a ? b : a), ends[0] ?? 0n);
  return {
    ...{ id, name: basename(file.name), path: file.name, symbolFilePath: file.name, isUserCode: true },
    symbolStatus: file.hasDebugInfo() ? 'Symbols and debug information' : (file.missingDebugInfo()?.message ?? 'Symbols'),
    addressRange: `0x${least.toString(16)}-0x${most.toString(16)}`,
    ...(file.buildId !== undefined && { buildId: file.buildId }),
  };
}
