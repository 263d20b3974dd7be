// Machine code of WebAssembly modules in the user's cache folder, and who makes it: one process at a time.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { userCacheFolder } from '../user-cache/folder';
import { SealedStore } from '../user-cache/sealed-store';
import { hasTrapHandler } from './v8-natives';

/** Two modules of 3 MB in a few versions, and packs. */
const MOST_BYTES = 32 * 1024 * 1024;
/** One that was claimed and did not come, though nobody was killed: V8 cannot make it. */
const AGAIN_AFTER_MS = 600_000;

export class NativeStore {
  private readonly store: SealedStore;
  /** For one version and set of flags of V8 on one processor. */
  readonly name: string;

  constructor(
    of: string,
    private readonly folder = join(userCacheFolder(), 'native'),
  ) {
    this.store = new SealedStore(folder, '.code', MOST_BYTES);
    const name = `${of} ${process.arch} ${process.versions.v8} ${cachedDataVersionTag()} ${hasTrapHandler()}`;
    this.name = createHash('sha256').update(name).digest('hex').slice(0, 32);
  }

  load(source: Uint8Array, name = this.name): Uint8Array | undefined {
    return this.store.load(name, source);
  }

  save(name: string, source: Uint8Array, code: Uint8Array): void {
    this.store.save(name, source, code);
  }

  /** Whether it is this process's to have it made. */
  claim(): boolean {
    const path = this.claimPath(this.name);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      if (!this.store.isOwn()) return false;
      if (isAbandoned(path)) rmSync(path, { force: true });
      writeFileSync(path, `${process.pid}`, { flag: 'wx', mode: 0o600 });
      return true;
    } catch {
      return false;
    }
  }

  /** The claim is another process's from here on; undefined: nobody's, and stands for a while, for it would go wrong again. */
  handOver(name: string, pid: number | undefined): void {
    try {
      // Not anew: the other may be done.
      truncateSync(this.claimPath(name));
      writeFileSync(this.claimPath(name), `${pid ?? ''}`, { flag: 'r+' });
    } catch {
      // It is released, or cannot be written: then it is abandoned when this process ends.
    }
  }

  release(name: string): void {
    rmSync(this.claimPath(name), { force: true });
  }

  /** What the process that will make it is to read. False: it cannot be written, and nothing will be made. */
  leaveWork(work: Uint8Array): boolean {
    try {
      writeFileSync(this.workPath(this.name), work, { mode: 0o600 });
      return true;
    } catch {
      return false;
    }
  }

  takeWork(name: string): Uint8Array {
    const path = this.workPath(name);
    const work = readFileSync(path);
    rmSync(path);
    return work;
  }

  private claimPath(name: string): string {
    return join(this.folder, `${name}.claim`);
  }

  private workPath(name: string): string {
    return join(this.folder, `${name}.work`);
  }
}

/** Old, or of a process that has ended. */
function isAbandoned(path: string): boolean {
  const claim = statSync(path, { throwIfNoEntry: false });
  if (claim === undefined) return false;
  const pid = Number(readFileSync(path, 'utf8'));
  return Date.now() - claim.mtimeMs > AGAIN_AFTER_MS || (pid > 0 && !lives(pid));
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
