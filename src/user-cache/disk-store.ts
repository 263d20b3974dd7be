// Files of one kind in a cache folder, which may be deleted at any time: bytes by name, whole or not at all, those used longest ago removed first.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A cache that cannot be read or written is no error: what it would hold is made again. */
export class DiskStore {
  constructor(
    private readonly folder: string,
    private readonly suffix: string,
    private readonly mostBytes: number,
  ) {}

  load(name: string): Uint8Array | undefined {
    const path = this.path(name);
    const bytes = quietly(() => readFileSync(path));
    if (!bytes) return undefined;
    const now = new Date();
    quietly(() => utimesSync(path, now, now));
    return bytes;
  }

  save(name: string, bytes: Uint8Array): void {
    quietly(() => {
      if (bytes.length > this.mostBytes) return;
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      this.makeRoom(bytes.length);
      // Another session may write the same one: whole files only, the last one wins.
      const fresh = join(this.folder, `${name}.${process.pid}.new`);
      writeFileSync(fresh, bytes);
      renameSync(fresh, this.path(name));
    });
  }

  private path(name: string): string {
    return join(this.folder, name + this.suffix);
  }

  /** Those used longest ago go; also what a session left behind that died while writing. */
  private makeRoom(wanted: number): void {
    const kept = readdirSync(this.folder)
      .map((name) => join(this.folder, name))
      .flatMap((path) => quietly(() => ({ path, ...sizeAndUse(path) })) ?? []);
    let total = kept.reduce((sum, { bytes }) => sum + bytes, wanted);
    for (const { path, bytes } of kept.sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= this.mostBytes) return;
      quietly(() => rmSync(path));
      total -= bytes;
    }
  }
}

function sizeAndUse(path: string): { bytes: number; usedMs: number } {
  const { size, mtimeMs } = statSync(path);
  return { bytes: size, usedMs: mtimeMs };
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
