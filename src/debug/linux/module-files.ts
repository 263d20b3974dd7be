// Where the files of kernel modules lie: folders are looked through once, and a module is found by its name, packed or not.
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const MODULE_FILE = /^(.+?)\.ko(\.debug)?(\.gz|\.xz|\.zst)?$/;
/** Enough for any kernel's build tree. */
const MOST_FOLDERS = 50_000;
const SKIPPED: ReadonlySet<string> = new Set(['.git', 'node_modules', 'Documentation']);

export class ModuleFiles {
  private known: Map<string, string> | undefined;

  /** `folders`: the first that has a module is used. */
  constructor(private readonly folders: readonly string[]) {}

  /** The kernel writes "-" as "_". */
  find(module: string): string | undefined {
    this.known ??= this.look();
    return this.known.get(module.replaceAll('-', '_'));
  }

  private look(): Map<string, string> {
    const found = new Map<string, string>();
    let count = 0;
    for (const root of this.folders) {
      const pending = [root];
      for (let folder = pending.shift(); folder !== undefined && count++ < MOST_FOLDERS; folder = pending.shift()) {
        for (const entry of entries(folder)) {
          const name = MODULE_FILE.exec(entry.name)?.[1]?.replaceAll('-', '_');
          if (entry.isDirectory() && !SKIPPED.has(entry.name)) pending.push(join(folder, entry.name));
          else if (name !== undefined && !found.has(name)) found.set(name, join(folder, entry.name));
        }
      }
    }
    return found;
  }
}

function entries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Where distributions and kernel builds keep the modules of a vmlinux. */
export function moduleFolders(vmlinux: string, release: string | undefined): string[] {
  const folder = dirname(resolve(vmlinux));
  const installed = release === undefined ? [] : [`/usr/lib/debug/lib/modules/${release}`, `/lib/modules/${release}`];
  const ofPackage = release === undefined ? [] : [join(folder, '..', 'lib', 'modules', release)];
  // A kernel's build tree, or /usr/lib/debug/lib/modules/RELEASE itself; not a folder that only holds boot images.
  const own = /[/\\]boot$/.test(folder) ? [] : [folder];
  return [...ofPackage, ...own, ...installed];
}
