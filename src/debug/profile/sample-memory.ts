// Memory as it was when a sample was taken: the piece of the stack that came with it. Code has not changed since; anything else is not known any more.
import { GuestMemory } from '../memory/guest-memory';

export interface SampledStack {
  /** Linear address of its first byte. */
  readonly start: bigint;
  readonly bytes: Uint8Array;
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
    const { start, bytes } = this.stack;
    const at = BigInt.asUintN(64, address) - start;
    if (at >= 0n && at < BigInt(bytes.length)) return bytes.subarray(Number(at), Number(at) + length);
    return this.isCode(address) ? this.code.read(address, length) : NOTHING;
  }
}
