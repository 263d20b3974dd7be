// V8's bytecode of the bundled scripts, kept between runs: a start need not parse them. Each file is good for one script, and for one version and
// set of flags of V8 on one processor. It is the SHA-256 of the script and of all that follows, the CPU time (ms) after which it was made, and V8's data.
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { DiskStore } from '../user-cache/disk-store';
import { userCacheFolder } from '../user-cache/folder';

export interface KeptCode {
  readonly data: Uint8Array;
  readonly madeAfterMs: number;
}

const HASH_BYTES = 32;
/** V8 copies data that does not begin at a multiple of 8. */
const HEAD_BYTES = HASH_BYTES + 8;
/** Each of the three scripts in a few versions. */
const MOST_BYTES = 32 * 1024 * 1024;
const OTHERS_MAY_WRITE = 0o022;

export class CodeCache {
  private readonly store: DiskStore;
  private readonly name: string;

  constructor(
    path: string,
    private readonly script: Uint8Array,
    private readonly folder = join(userCacheFolder(), 'scripts'),
  ) {
    this.store = new DiskStore(folder, '.v8', MOST_BYTES);
    const name = `${path} ${process.arch} ${process.versions.v8} ${cachedDataVersionTag()}`;
    this.name = createHash('sha256').update(name).digest('hex').slice(0, 32);
  }

  /** What is damaged, of another script or in a folder that others may write to is as good as missing. */
  load(): KeptCode | undefined {
    const file = this.isOwn() ? this.store.load(this.name) : undefined;
    if (file === undefined || file.length <= HEAD_BYTES) return undefined;
    const body = file.subarray(HASH_BYTES);
    if (this.hash(body).compare(file, 0, HASH_BYTES) !== 0) return undefined;
    const madeAfterMs = new DataView(body.buffer, body.byteOffset).getFloat64(0, true);
    return { data: file.subarray(HEAD_BYTES), madeAfterMs };
  }

  save({ data, madeAfterMs }: KeptCode): void {
    const file = new Uint8Array(HEAD_BYTES + data.length);
    new DataView(file.buffer).setFloat64(HASH_BYTES, madeAfterMs, true);
    file.set(data, HEAD_BYTES);
    file.set(this.hash(file.subarray(HASH_BYTES)));
    this.store.save(this.name, file);
  }

  private hash(body: Uint8Array): Buffer {
    return createHash('sha256').update(this.script).update(body).digest();
  }

  /** V8 believes what it reads. Windows keeps the user's folders from others itself. */
  private isOwn(): boolean {
    try {
      const { uid, mode } = statSync(this.folder);
      return process.getuid === undefined || (uid === process.getuid() && (mode & OTHERS_MAY_WRITE) === 0);
    } catch {
      return false;
    }
  }
}
