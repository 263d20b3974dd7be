// From names in line tables to paths on this machine: compile directory, then the image's directory, then the source map.

import type { LineFile } from './dwarf/line-header';
import { applySourceMap, isAbsolutePath, joinPath, resolveCompileDirectory, type SourceMap } from './paths';

export class SourcePaths {
  private readonly known = new Map<string, string>();

  constructor(
    private readonly imageDirectory: string,
    private readonly map: SourceMap,
  ) {}

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
    const mapped = applySourceMap(this.map, asWritten);
    if (mapped !== asWritten && isAbsolutePath(mapped)) return mapped;
    const resolved = isAbsolutePath(written)
      ? asWritten
      : joinPath(resolveCompileDirectory(this.imageDirectory, compileDirectory), written);
    return applySourceMap(this.map, resolved);
  }
}
