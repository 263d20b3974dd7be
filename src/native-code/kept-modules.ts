// Modules that are made while a guest runs (compiled regions), with their machine code from the cache. The same guest makes the same ones in the same order, so all of a run are one pack, named
// by the first of them; what is not in it goes to a process of its own, which compiles it for the next time.
import { createHash } from 'node:crypto';
import { type Pack, packedBytes, packOf, partsOf } from './module-pack';
import { NativeStore } from './native-store';
import { startMaker } from './start-maker';
import { moduleOf, usesNatives } from './v8-natives';

/** After the first that was missing, then twice as long each time; and at the end of the process. */
const FIRST_MS = 5000;
/** A guest that makes more than this is no use to remember. */
const MOST_MISSING_BYTES = 4 * 1024 * 1024;

const nameOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export class KeptModules {
  private first = '';
  private store: NativeStore | undefined;
  private kept: Pack = new Map();
  private readonly used = new Set<string>();
  private readonly missing = new Map<string, Uint8Array>();
  private missingBytes = 0;
  private waitMs = FIRST_MS;

  /** The module of these bytes: optimised where it was made before. */
  moduleOf(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
    if (!usesNatives()) return new WebAssembly.Module(bytes);
    const name = nameOf(bytes);
    if (this.store === undefined) this.open(name);
    const code = this.kept.get(name);
    const known = code && moduleOf(code, bytes);
    if (known) this.used.add(name);
    else if (!this.used.has(name)) this.miss(name, bytes);
    return known ?? new WebAssembly.Module(bytes);
  }

  private open(first: string): void {
    this.first = first;
    this.store = new NativeStore(first);
    const pack = this.store.load(Buffer.from(first));
    if (pack !== undefined) this.kept = partsOf(pack);
    process.once('exit', () => this.handOver());
  }

  private miss(name: string, bytes: Uint8Array): void {
    if (this.missingBytes > MOST_MISSING_BYTES || this.missing.has(name)) return;
    if (this.missing.size === 0) this.later();
    this.missing.set(name, bytes);
    this.missingBytes += packedBytes(bytes);
  }

  private later(): void {
    setTimeout(() => this.handOver(), this.waitMs).unref();
    this.waitMs *= 2;
  }

  private handOver(): void {
    if (this.missing.size === 0 || this.store === undefined) return;
    if (!this.store.claim()) {
      this.later();
      return;
    }
    const used = [...this.used].map((name): [string, Uint8Array] => [name, new Uint8Array()]);
    if (this.store.leaveWork(packOf(new Map([...used, ...this.missing])))) startMaker('pack', this.store, this.first);
    for (const name of this.missing.keys()) this.used.add(name);
    this.missing.clear();
  }
}
