// V8's bytecode of the bundled scripts, kept between runs: a start need not parse them. Each file is good for one script, and for one version and
// set of flags of V8 on one processor. It is the CPU time (ms) after which it was made, the bytes of code there were then, and V8's data.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { userCacheFolder } from '../user-cache/folder';
import { SealedStore } from '../user-cache/sealed-store';

export interface KeptCode {
  readonly data: Uint8Array;
  readonly madeAfterMs: number;
  readonly codeBytes: number;
}

const HEAD_BYTES = 16;
/** Each of the three scripts in a few versions. */
const MOST_BYTES = 32 * 1024 * 1024;

export class CodeCache {
  private readonly store: SealedStore;
  private readonly name: string;

  constructor(
    path: string,
    private readonly script: Uint8Array,
    folder = join(userCacheFolder(), 'scripts'),
  ) {
    this.store = new SealedStore(folder, '.v8', MOST_BYTES);
    const name = `${path} ${process.arch} ${process.versions.v8} ${cachedDataVersionTag()}`;
    this.name = createHash('sha256').update(name).digest('hex').slice(0, 32);
  }

  load(): KeptCode | undefined {
    const body = this.store.load(this.name, this.script);
    if (body === undefined || body.length <= HEAD_BYTES) return undefined;
    const head = new DataView(body.buffer, body.byteOffset);
    return { data: body.subarray(HEAD_BYTES), madeAfterMs: head.getFloat64(0, true), codeBytes: head.getFloat64(8, true) };
  }

  save({ data, madeAfterMs, codeBytes }: KeptCode): void {
    const body = new Uint8Array(HEAD_BYTES + data.length);
    const head = new DataView(body.buffer);
    head.setFloat64(0, madeAfterMs, true);
    head.setFloat64(8, codeBytes, true);
    body.set(data, HEAD_BYTES);
    this.store.save(this.name, this.script, body);
  }
}
