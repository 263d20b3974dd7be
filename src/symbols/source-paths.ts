// From names in line tables to paths on this machine: compile directory, then the image's directory, then the source map.

import type { LineFile } from './dwarf/line-header';
import { applySourceMap, isAbsolutePath, joinPath, resolveCompileDirectory, type SourceMap } from './paths';

export class SourcePaths {
  private readonly known = new Map<string, string>();

  constructor(
    private readonly imageDirectory: string,
    private readonly prefixes: SourceMap,
  ) {}

  /** A path that is no source: a .dwo file. */
  map(path: string): string {
    return applySourceMap(this.prefixes, isAbsolutePath(path) ? path : joinPath(this.imageDirectory, path));
  }

  resolve(compileDirectory: string, file: LineFile): string {
    const written = joinPath(file.directory ?? '', file.name);
    const key = `${compileDirectory}\0${written}`;
    let path = this.known.get(key);
    if (path === undefined) {
      path = this.compute(compileDirectory, written);
      this.known.set(key, path);
    }
    return path;
  }

  /** A map may name the path as the compiler saw it, or as it resolves here. */
  private compute(compileDirectory: string, written: string): string {
    const asWritten = joinPath(compileDirectory, written);
    const mapped = applySourceMap(this.prefixes, asWritten);
    if (mapped !== asWritten && isAbsolutePath(mapped)) return mapped;
    const resolved = isAbsolutePath(written)
      ? asWritten
      : joinPath(resolveCompileDirectory(this.imageDirectory, compileDirectory), written);
    return applySourceMap(this.prefixes, resolved);
  }
}
