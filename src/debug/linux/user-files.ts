// The files of a guest's programs on this machine: in folders laid out as the guest's root is, or all in one; and those named one by one.
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../../base/user-error';
import { ET_REL } from '../../formats/elf-constants';
import { FileByteSource, openIfThere } from '../../symbols/file-source';
import { SymbolFile } from '../../symbols/symbol-file';

export interface UserFilesOptions {
  /** The guest's root here, or plain folders of programs. */
  readonly folders: readonly string[];
  /** Opened already; object files among them are no programs. */
  readonly named: readonly SymbolFile[];
  readonly sourceMap: Readonly<Record<string, string>>;
  readonly debugDirectories: readonly string[];
}

export const NO_FILES: UserFilesOptions = { folders: [], named: [], sourceMap: {}, debugDirectories: [] };

export class UserFiles {
  private readonly known = new Map<string, SymbolFile | UserError | undefined>();

  private readonly named: readonly SymbolFile[];

  constructor(private readonly options: UserFilesOptions) {
    this.named = options.named.filter(({ elf }) => elf.header.is64 && elf.header.type !== ET_REL);
  }

  /** Whether there is anything to look for. */
  get isEmpty(): boolean {
    return this.options.folders.length === 0 && this.named.length === 0;
  }

  /** `path`: in the guest. An error: the file is there and cannot be read as a program. */
  find(path: string): SymbolFile | UserError | undefined {
    if (!this.known.has(path)) this.known.set(path, this.open(path));
    return this.known.get(path);
  }

  private open(path: string): SymbolFile | UserError | undefined {
    const { folders, sourceMap, debugDirectories } = this.options;
    const own = this.named.find((file) => basename(file.name) === basename(path));
    if (own) return own;
    const places = folders.flatMap((folder) => [join(folder, path), join(folder, basename(path))]);
    const place = places.find((each) => existsSync(each) && statSync(each).isFile());
    if (place === undefined) return undefined;
    try {
      const debug = folders.map((folder) => join(folder, 'usr/lib/debug'));
      const directories = [...debugDirectories, ...debug];
      return SymbolFile.open({ source: FileByteSource.open(place), sourceMap, openFile: openIfThere, debugDirectories: directories });
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
  }
}
