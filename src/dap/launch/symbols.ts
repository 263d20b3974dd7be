// Symbols for a launch: the image and the files named beside it, where code runs before paging, and what is to be said about them.
import { AddressMap } from '../../debug/run/address-map';
import { Symbols } from '../../debug/symbols';
import type { LaunchArguments, LaunchSymbolFile } from '../../protocol/launch';
import { FileByteSource, openIfThere } from '../../symbols/file-source';
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
  const files = [
    { setting: 'image', file: { file: launch.image } },
    ...(launch.symbolFiles ?? []).map((file) => ({ setting: 'symbolFiles', file })),
  ];
  for (const { setting, file } of files) {
    const opened = open(setting, file, launch);
    symbols.add(opened);
    try {
      warnings.push(...opened.problems.map(({ message }) => message));
    } catch (error) {
      // Damaged debug information: the guest runs without it.
      warnings.push(error instanceof Error ? error.message : String(error));
      symbols.remove(opened);
    }
  }
  return { symbols, addresses: new AddressMap(symbols.all.flatMap(segmentsOf)), warnings };
}

function open(setting: string, { file, offset, sections }: LaunchSymbolFile, launch: LaunchArguments): SymbolFile {
  try {
    return SymbolFile.open({
      source: FileByteSource.open(file),
      slide: parseOffset(offset ?? '0') ?? 0n,
      sourceMap: launch.sourceMap ?? {},
      openFile: openIfThere,
      debugDirectories: launch.debugDirectories ?? [],
      indexStore: new DiskIndexStore(),
      ...(sections && { sectionAddresses: addressesOf(sections) }),
    });
  } catch (error) {
    throw dapErrors.badLaunch(`"${setting}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

function addressesOf(sections: Readonly<Record<string, string>>): ReadonlyMap<string, bigint> {
  return new Map(Object.entries(sections).map(([name, text]) => [name, BigInt.asUintN(64, parseOffset(text) ?? 0n)]));
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
