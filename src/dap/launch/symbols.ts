// Symbols for a launch: the image and the files named beside it, where code runs before paging, and what is to be said about them.
import { AddressMap } from '../../debug/run/address-map';
import { Symbols } from '../../debug/symbols';
import type { LaunchArguments } from '../../protocol/launch';
import { FileByteSource } from '../../symbols/file-source';
import { DiskIndexStore } from '../../symbols/index/disk-store';
import { SymbolFile } from '../../symbols/symbol-file';
import { dapErrors } from '../errors';
import { parseOffset } from './values';

const PT_LOAD = 1;

export interface LoadedSymbols {
  readonly symbols: Symbols;
  readonly addresses: AddressMap;
  readonly warnings: readonly string[];
}

export function loadSymbols(launch: LaunchArguments): LoadedSymbols {
  const symbols = new Symbols();
  const warnings: string[] = [];
  const files = [{ setting: 'image', file: launch.image, offset: '0' }];
  for (const { file, offset } of launch.symbolFiles ?? []) files.push({ setting: 'symbolFiles', file, offset: offset ?? '0' });
  for (const { setting, file, offset } of files) {
    const opened = open(setting, file, parseOffset(offset) ?? 0n, launch.sourceMap ?? {});
    symbols.add(opened);
    try {
      warnings.push(...warningsOf(opened));
    } catch (error) {
      // Damaged debug information: the guest runs without it.
      warnings.push(error instanceof Error ? error.message : String(error));
      symbols.remove(opened);
    }
  }
  return { symbols, addresses: new AddressMap(symbols.all.flatMap(segmentsOf)), warnings };
}

function open(setting: string, path: string, slide: bigint, sourceMap: Readonly<Record<string, string>>): SymbolFile {
  try {
    return SymbolFile.open({ source: FileByteSource.open(path), slide, sourceMap, indexStore: new DiskIndexStore() });
  } catch (error) {
    throw dapErrors.badLaunch(`"${setting}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

function warningsOf(file: SymbolFile): string[] {
  const missing = file.missingDebugInfo();
  return missing ? [missing.message] : [];
}

function segmentsOf(file: SymbolFile) {
  return file.elf.segments
    .filter(({ type, memorySize }) => type === PT_LOAD && memorySize > 0)
    .map((segment) => ({
      linked: segment.vaddr + file.slide,
      physical: segment.paddr,
      size: BigInt(segment.memorySize),
    }));
}
