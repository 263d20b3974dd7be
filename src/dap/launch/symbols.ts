// Symbols for a launch: the image and the files named beside it, where code runs before paging, and what is to be said about them.
import { existsSync } from 'node:fs';
import { type KernelFile, kernelFile, releaseOf } from '../../debug/linux/kernel-file';
import { linuxErrors } from '../../debug/linux/linux-errors';
import { AddressMap, type LoadedSegment } from '../../debug/run/address-map';
import { Symbols } from '../../debug/symbols';
import type { LaunchArguments } from '../../protocol/launch';
import { FileByteSource } from '../../symbols/file-source';
import { DiskIndexStore } from '../../symbols/index/disk-store';
import { vmlinuxPlaces } from '../../symbols/linux-image';
import { SymbolFile } from '../../symbols/symbol-file';
import { dapErrors } from '../errors';
import { buildIdInside, linuxImageOf, linuxWarnings, noVmlinux } from './linux';
import { parseOffset } from './values';

const PT_LOAD = 1;

export interface LoadedSymbols {
  readonly symbols: Symbols;
  readonly addresses: AddressMap;
  readonly warnings: readonly string[];
  /** A Linux kernel among them. */
  readonly kernel: KernelFile | undefined;
}

export function loadSymbols(launch: LaunchArguments): LoadedSymbols {
  const symbols = new Symbols();
  const warnings: string[] = [];
  const segments: LoadedSegment[] = [];
  const linux = linuxImageOf(launch.image);
  const add = (setting: string, file: string, offset: bigint, runsUnpaged: boolean): void => {
    const opened = open(setting, file, offset, launch.sourceMap ?? {});
    symbols.add(opened);
    try {
      warnings.push(...warningsOf(opened));
      if (runsUnpaged) segments.push(...segmentsOf(opened));
    } catch (error) {
      // Damaged debug information: the guest runs without it.
      warnings.push(error instanceof Error ? error.message : String(error));
      symbols.remove(opened);
    }
  };
  if (!linux) add('image', launch.image, 0n, true);
  // A kernel that unpacks itself chooses where it lies: before paging its linked addresses say nothing.
  const isPlaced = !linux || launch.fastBoot === true;
  for (const { file, offset } of launch.symbolFiles ?? []) add('symbolFiles', file, parseOffset(offset ?? '0') ?? 0n, isPlaced);
  if (linux) {
    warnings.push(...linuxWarnings(launch));
    const known = kernelFile(symbols.all);
    const found = known ? undefined : vmlinuxPlaces(launch.image, linux.release).find((path) => existsSync(path));
    if (found !== undefined) add('image', found, 0n, isPlaced);
    else if (!known) warnings.push(noVmlinux(launch.image, linux.release));
  }
  const kernel = kernelFile(symbols.all);
  if (kernel && linux) {
    const release = releaseOf(kernel.file);
    if (release !== undefined && linux.release !== '' && release !== linux.release)
      throw dapErrors.badLaunch(
        linuxErrors.otherRelease(kernel.file.name, release, kernel.buildId, launch.image, linux.release, buildIdInside(launch.image))
          .message,
      );
  }
  return { symbols, addresses: new AddressMap(segments), warnings, kernel };
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
