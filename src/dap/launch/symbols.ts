// Symbols for a launch: the image and the files named beside it, where code runs before paging, and what is to be said about them.
import { existsSync } from 'node:fs';
import { type KernelFile, kernelFile, releaseOf } from '../../debug/linux/kernel-file';
import { linuxErrors } from '../../debug/linux/linux-errors';
import { AddressMap, type LoadedSegment } from '../../debug/run/address-map';
import { Symbols } from '../../debug/symbols';
import type { LaunchArguments, LaunchSymbolFile } from '../../protocol/launch';
import { FileByteSource, openIfThere } from '../../symbols/file-source';
import { DiskIndexStore } from '../../symbols/index/disk-store';
import { kernelInside } from '../../symbols/kernel/kernel-inside';
import { vmlinuxPlaces } from '../../symbols/linux-image';
import { SymbolFile } from '../../symbols/symbol-file';
import { dapErrors } from '../errors';
import { buildIdInside, linuxImageOf, linuxWarnings, missingFromConfig, noVmlinux, sourceMapOf } from './linux';
import { parseOffset } from './values';

const PT_LOAD = 1;

export interface LoadedSymbols {
  readonly symbols: Symbols;
  readonly addresses: AddressMap;
  readonly warnings: readonly string[];
  /** A Linux kernel among them. */
  readonly kernel: KernelFile | undefined;
  /** With what is known of the kernel's sources. */
  readonly sourceMap: Readonly<Record<string, string>>;
}

/** All at once. */
export function loadSymbols(launch: LaunchArguments): LoadedSymbols {
  const steps = symbolSteps(launch);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Comes before each file, and ends the work by throwing. */
export type Turn = (file: string) => Promise<void>;
/** Nothing ends it. */
export const toTheEnd: Turn = async () => {};

export async function loadSymbolsInTurns(launch: LaunchArguments, turn: Turn): Promise<LoadedSymbols> {
  const steps = symbolSteps(launch);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await turn(step.value);
  }
}

/** Names each file before it is opened. */
function* symbolSteps(launch: LaunchArguments): Generator<string, LoadedSymbols> {
  const symbols = new Symbols();
  const warnings: string[] = [];
  const segments: LoadedSegment[] = [];
  const linux = linuxImageOf(launch.image);
  const sourceMap = { ...(linux && sourceMapOf(launch.image, linux.release)), ...launch.sourceMap };
  function* add(setting: string, file: LaunchSymbolFile, runsUnpaged: boolean): Generator<string, void> {
    yield file.file;
    const opened = open(setting, file, { ...launch, sourceMap });
    symbols.add(opened);
    try {
      warnings.push(...opened.problems.map(({ message }) => message));
      // Reads what a kernel is known by: a file that is cut shows it here.
      kernelFile([opened]);
      if (runsUnpaged) segments.push(...segmentsOf(opened));
    } catch (error) {
      // Damaged debug information: the guest runs without it.
      warnings.push(error instanceof Error ? error.message : String(error));
      symbols.remove(opened);
    }
  }
  if (!linux) yield* add('image', { file: launch.image }, true);
  // A kernel that unpacks itself chooses where it lies: before paging its linked addresses say nothing.
  const isPlaced = !linux || launch.fastBoot === true;
  for (const file of launch.symbolFiles ?? []) yield* add('symbolFiles', file, isPlaced);
  if (linux) {
    warnings.push(...linuxWarnings(launch));
    const known = kernelFile(symbols.all);
    const found = known ? undefined : vmlinuxPlaces(launch.image, linux.release).find((path) => existsSync(path));
    if (found !== undefined) yield* add('image', { file: found }, isPlaced);
    else if (!known) {
      yield launch.image;
      const inside = kernelInsideImage({ ...launch, sourceMap });
      if (inside) symbols.add(inside);
      if (!inside?.hasDebugInfo()) warnings.push(noVmlinux(launch.image, linux.release, inside));
    }
  }
  const kernel = kernelFile(symbols.all);
  if (linux || kernel)
    warnings.push(...missingFromConfig(launch, linux?.release ?? (kernel && releaseOf(kernel.file)) ?? '', kernel?.file));
  if (kernel && linux) {
    const release = releaseOf(kernel.file);
    if (release !== undefined && linux.release !== '' && release !== linux.release)
      throw dapErrors.badLaunch(
        linuxErrors.otherRelease(kernel.file.name, release, kernel.buildId, launch.image, linux.release, buildIdInside(launch.image))
          .message,
      );
  }
  return { symbols, addresses: new AddressMap(segments), warnings, kernel, sourceMap };
}

const searchOf = (launch: LaunchArguments) => ({
  sourceMap: launch.sourceMap ?? {},
  openFile: openIfThere,
  debugDirectories: launch.debugDirectories ?? [],
  indexStore: new DiskIndexStore(),
});

/** The kernel in a bzImage, with the symbols and types that it has of itself, and with debug information where its build-id leads to some. */
function kernelInsideImage(launch: LaunchArguments): SymbolFile | undefined {
  const image = FileByteSource.open(launch.image);
  try {
    const source = kernelInside(image);
    return source && SymbolFile.open({ source, ...searchOf(launch) });
  } finally {
    image.dispose();
  }
}

function open(setting: string, { file, offset, sections }: LaunchSymbolFile, launch: LaunchArguments): SymbolFile {
  try {
    return SymbolFile.open({
      source: FileByteSource.open(file),
      slide: parseOffset(offset ?? '0') ?? 0n,
      ...searchOf(launch),
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
