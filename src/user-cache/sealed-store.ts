// Files that a program believes without a look (compiled code): each is the SHA-256 of what it was made from and of what follows. What is damaged, made from something else, or in a
// folder that others may write to is as good as missing.
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { DiskStore } from './disk-store';

/** V8 copies data that does not begin at a multiple of 8. */
const HASH_BYTES = 32;
const OTHERS_MAY_WRITE = 0o022;

export class SealedStore {
  private readonly store: DiskStore;

  constructor(
    private readonly folder: string,
    suffix: string,
    mostBytes: number,
  ) {
    this.store = new DiskStore(folder, suffix, mostBytes);
  }

  load(name: string, source: Uint8Array): Uint8Array | undefined {
    const file = this.isOwn() ? this.store.load(name) : undefined;
    if (file === undefined || file.length <= HASH_BYTES) return undefined;
    const body = file.subarray(HASH_BYTES);
    return hashOf(source, body).compare(file, 0, HASH_BYTES) === 0 ? body : undefined;
  }

  save(name: string, source: Uint8Array, body: Uint8Array): void {
    this.store.save(name, Buffer.concat([hashOf(source, body), body]));
  }

  /** Whether nobody else may write there. Windows keeps the user's folders from others itself. */
  isOwn(): boolean {
    try {
      const { uid, mode } = statSync(this.folder);
      return process.getuid === undefined || (uid === process.getuid() && (mode & OTHERS_MAY_WRITE) === 0);
    } catch {
      return false;
    }
  }
}

const hashOf = (source: Uint8Array, body: Uint8Array): Buffer => createHash('sha256').update(source).update(body).digest();
