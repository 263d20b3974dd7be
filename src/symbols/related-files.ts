// Finds the files that debug information is spread over: split off by build-id or .gnu_debuglink (gdb's manual, "Separate Debug Files"),
// .dwo files and packages, and what dwz shares. Nothing is assumed of a file's name alone: build-ids, unit ids and checksums must agree.

import type { ByteSource } from '../base/byte-source';
import { UserError } from '../base/user-error';
import { ElfFile } from '../formats/elf';
import { SHT_NOBITS } from '../formats/elf-constants';
import { type DebugLink, debugLinkOf, linkChecksum } from '../formats/elf-debug-link';
import type { RelatedFiles } from './dwarf/family';
import { DwarfSections } from './dwarf/sections';
import { supplementNamed } from './dwarf/supplement';
import { directoryOf, isAbsolutePath, joinPath } from './paths';
import { SymbolError } from './symbol-error';

/** Opens a file by its path; undefined where there is none. */
export type OpenFile = (path: string) => ByteSource | undefined;

const SYSTEM_DIRECTORY = '/usr/lib/debug';

export interface FileSearch {
  readonly open: OpenFile;
  /** Where the user keeps debug files; asked before the system's. */
  readonly directories: readonly string[];
  /** To where sources and compile directories are mapped. */
  readonly mapPath: (path: string) => string;
}

export class RelatedFileFinder implements RelatedFiles {
  private readonly directories: readonly string[];

  constructor(
    private readonly program: ElfFile,
    private readonly search: FileSearch,
  ) {
    this.directories = [...search.directories, SYSTEM_DIRECTORY];
  }

  private get folder(): string {
    return directoryOf(this.program.name);
  }

  /** The file that has the program's debug information; the program itself where that was never split off. */
  debugFile(): ElfFile | SymbolError {
    const { program } = this;
    if (hasSection(program, '.debug_info') || hasSection(program, '.zdebug_info')) return program;
    const { buildId } = program;
    const link = debugLinkOf(program);
    const places = [
      ...(buildId === undefined ? [] : this.directories.map((directory) => buildIdPath(directory, buildId))),
      ...(link ? this.linkPlaces(link.name) : []),
    ];
    const found = this.first(places, (elf) => elf.name !== program.name && isDebugFileOf(elf, buildId, link));
    // A program that was never compiled with -g has nothing to miss.
    return found ?? (link ? SymbolError.missingDebugFile(program.name, link.name, places) : program);
  }

  package(): ElfFile | undefined {
    const base = baseName(this.program.name);
    const places = [`${this.program.name}.dwp`, ...this.directories.map((directory) => joinPath(directory, `${base}.dwp`))];
    return this.first(places, (elf) => hasSection(elf, '.debug_cu_index'));
  }

  split(compileDirectory: string, name: string, accept: (elf: ElfFile) => boolean): ElfFile | SymbolError {
    const written = isAbsolutePath(name) ? name : joinPath(compileDirectory, name);
    const places = [this.search.mapPath(written)];
    if (!isAbsolutePath(name)) places.push(joinPath(this.folder, name));
    places.push(joinPath(this.folder, baseName(name)));
    for (const directory of this.directories) {
      if (!isAbsolutePath(name)) places.push(joinPath(directory, name));
      places.push(joinPath(directory, baseName(name)));
    }
    return this.first(places, accept) ?? SymbolError.missingSplit(this.program.name, name, [...new Set(places)]);
  }

  supplement(name: string, buildId: string): ElfFile | SymbolError {
    const places = [this.search.mapPath(isAbsolutePath(name) ? name : joinPath(this.folder, name))];
    for (const directory of this.directories) places.push(joinPath(directory, '.dwz', baseName(name)), joinPath(directory, baseName(name)));
    if (buildId.length > 2) places.push(...this.directories.map((directory) => buildIdPath(directory, buildId)));
    places.push(joinPath(this.folder, baseName(name)));
    const fits = (elf: ElfFile): boolean => elf.buildId === buildId || checksumOf(elf) === buildId;
    return this.first(places, fits) ?? SymbolError.missingSupplement(this.program.name, name, [...new Set(places)]);
  }

  private linkPlaces(name: string): string[] {
    const { folder } = this;
    return [
      joinPath(folder, name),
      joinPath(folder, '.debug', name),
      ...this.directories.flatMap((directory) => [
        ...(isAbsolutePath(folder) ? [joinPath(`${directory}/${folder}`, name)] : []),
        joinPath(directory, name),
      ]),
    ];
  }

  private first(places: readonly string[], accept: (elf: ElfFile) => boolean): ElfFile | undefined {
    for (const place of new Set(places)) {
      const elf = this.openElf(place);
      if (elf && accepted(elf, accept)) return elf;
    }
    return undefined;
  }

  private openElf(path: string): ElfFile | undefined {
    const source = this.search.open(path);
    return source && ElfFile.isElf(source) ? ElfFile.open(source) : undefined;
  }
}

/** A damaged candidate is not the file that is meant. */
function accepted(elf: ElfFile, accept: (elf: ElfFile) => boolean): boolean {
  try {
    return accept(elf);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function isDebugFileOf(elf: ElfFile, buildId: string | undefined, link: DebugLink | undefined): boolean {
  if (!hasSection(elf, '.debug_info') && !hasSection(elf, '.zdebug_info')) return false;
  if (buildId !== undefined && elf.buildId !== undefined) return elf.buildId === buildId;
  return link !== undefined && linkChecksum(elf.source) === link.checksum;
}

function checksumOf(elf: ElfFile): string | undefined {
  const named = supplementNamed(new DwarfSections(elf));
  return named?.isSupplement ? named.buildId : undefined;
}

function hasSection(elf: ElfFile, name: string): boolean {
  const section = elf.section(name);
  return section !== undefined && section.size > 0 && section.type !== SHT_NOBITS;
}

function buildIdPath(directory: string, buildId: string): string {
  return joinPath(directory, '.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`);
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
