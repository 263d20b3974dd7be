// Memory as it was when a sample was taken: the piece of the stack that came with it. Code has not changed since; anything else is not known any more.
import { GuestMemory } from '../memory/guest-memory';
import type { AskedWords } from './asked-words';

export interface SampledStack {
  /** Linear address of its first byte. */
  readonly start: bigint;
  readonly bytes: Uint8Array;
  /** Told what was looked at. */
  readonly asked: AskedWords;
}

const NOTHING = new Uint8Array(0);

export class SampleMemory extends GuestMemory {
  constructor(
    private readonly stack: SampledStack,
    private readonly code: GuestMemory,
    private readonly isCode: (address: bigint) => boolean,
  ) {
    super(code.control, code.vm, code.vcpu);
  }

  override async read(address: bigint, length: number): Promise<Uint8Array> {
    const { start, bytes, asked } = this.stack;
    const at = BigInt.asUintN(64, address) - start;
    if (at >= 0n && at < BigInt(bytes.length)) {
      asked.stack(Number(at), length);
      return bytes.subarray(Number(at), Number(at) + length);
    }
    return this.isCode(address) ? this.code.read(address, length) : NOTHING;
  }
}
