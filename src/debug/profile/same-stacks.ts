// Samples of an instruction whose stack is as it was at the last one: loops are sampled at the same places again and again, mostly with the same callers. Following a plain stack is a
// matter of a few registers and of the bytes that it looks at: where all are equal, what was found is.
import { PROFILE_REGISTERS, type ProfileSample } from '../../machine/control/profile-types';

const RIP = PROFILE_REGISTERS.indexOf('rip') * 2;
/** Halves that the way of a stack hangs on; of CS the selector alone. */
const OTHERS: readonly number[] = [RIP + 1, ...(['rsp', 'rbp'] as const).flatMap((name) => halvesOf(name)), halvesOf('cs')[0]!];
const MOST_PLACES = 4096;

function halvesOf(name: (typeof PROFILE_REGISTERS)[number]): number[] {
  const first = PROFILE_REGISTERS.indexOf(name) * 2;
  return [first, first + 1];
}

interface Last<R> {
  readonly others: Int32Array;
  cpl: number;
  mode: string;
  /** Bytes that were kept of the stack, and those that were looked at. */
  length: number;
  bytes: Buffer;
  result: R;
  /** It has come again. */
  isTold: boolean;
}

export class SameStacks<R> {
  /** By the lower half of RIP. */
  private readonly last = new Map<number, Last<R>>();
  private halves: Int32Array = new Int32Array(0);

  constructor(
    /** Told once of a stack that has come again: with the bytes of it that count. */
    private readonly onAgain: (sample: ProfileSample, bytes: Uint8Array, result: R) => void = () => {},
  ) {}

  clear(): void {
    this.last.clear();
  }

  find(sample: ProfileSample): R | undefined {
    const { registers, stack, cpl, mode } = sample;
    if (registers.buffer !== this.halves.buffer) this.halves = new Int32Array(registers.buffer, 0, registers.buffer.byteLength >> 2);
    const { halves } = this;
    const first = registers.byteOffset >> 2;
    const there = this.last.get(halves[first + RIP]!);
    if (there === undefined || there.cpl !== cpl || there.mode !== mode || there.length !== stack.length) return undefined;
    const { others, bytes } = there;
    for (let i = 0; i < OTHERS.length; i++) if (others[i] !== halves[first + OTHERS[i]!]) return undefined;
    if (bytes.compare(stack, 0, bytes.length) !== 0) return undefined;
    if (!there.isTold) {
      there.isTold = true;
      this.onAgain(sample, bytes, there.result);
    }
    return there.result;
  }

  /** What it led to, by the first `reach` bytes of the stack. */
  keep({ registers, stack, cpl, mode }: ProfileSample, reach: number, result: R): void {
    const halves = new Int32Array(registers.buffer, registers.byteOffset, registers.length * 2);
    const size = Math.min(reach, stack.length);
    let there = this.last.get(halves[RIP]!);
    if (there === undefined) {
      if (this.last.size >= MOST_PLACES) this.clear();
      there = { others: new Int32Array(OTHERS.length), cpl, mode, length: 0, bytes: Buffer.alloc(size), result, isTold: false };
      this.last.set(halves[RIP]!, there);
    }
    if (there.bytes.length !== size) there.bytes = Buffer.alloc(size);
    there.bytes.set(stack.subarray(0, size));
    for (let i = 0; i < OTHERS.length; i++) there.others[i] = halves[OTHERS[i]!]!;
    there.cpl = cpl;
    there.mode = mode;
    there.length = stack.length;
    there.result = result;
    there.isTold = false;
  }
}
