// Stacks that came more than once are told to the host: from then on a sample of one is a number (engine/stack-table.ts), and costs next to nothing on either side.
import { type Learned, type LearnedStack, PROFILE_REGISTERS, type ProfileSample } from '../../machine/control/profile-types';

const place = (name: (typeof PROFILE_REGISTERS)[number]): number => PROFILE_REGISTERS.indexOf(name);
const [RIP, RSP, RBP, CR3, CS] = [place('rip'), place('rsp'), place('rbp'), place('cr3'), place('cs')];

/** What a number stands for. */
interface Meaning<R> {
  readonly result: R;
  /** CR3. */
  readonly space: bigint;
}

export class LearnedStacks<R extends object> {
  /** By number: none is ever used again. */
  private readonly meanings: Meaning<R>[] = [];
  private readonly numbers = new WeakMap<R, Map<bigint, number>>();
  private stacks: LearnedStack[] = [];
  private forgotten = new Set<number>();

  /** `bytes`: those of the sample's stack that led to the result, with registers that every sample has. */
  add({ vm, cpl, mode, registers, stack }: ProfileSample, bytes: Uint8Array, result: R): void {
    if (mode !== 'long64') return;
    const [rip = 0n, rsp = 0n, rbp = 0n, cr3 = 0n, cs = 0n] = [RIP, RSP, RBP, CR3, CS].map((at) => registers[at]!);
    const number = this.numberOf(result, cr3);
    this.stacks.push({ vm, number, rip, rsp, rbp, cr3, cs: Number(cs), cpl, length: stack.length, bytes: Uint8Array.from(bytes) });
  }

  private numberOf(result: R, space: bigint): number {
    let bySpace = this.numbers.get(result);
    if (bySpace === undefined) {
      bySpace = new Map();
      this.numbers.set(result, bySpace);
    }
    let number = bySpace.get(space);
    if (number === undefined) {
      number = this.meanings.push({ result, space }) - 1;
      bySpace.set(space, number);
    }
    return number;
  }

  get(number: number): Meaning<R> | undefined {
    return this.meanings[number];
  }

  /** Its symbols have come or moved: what was learned is followed again. Samples that wait already are as they were. */
  forget(vm: number): void {
    this.forgotten.add(vm);
    this.stacks = this.stacks.filter((stack) => stack.vm !== vm);
  }

  /** Since the last time. */
  take(): Learned {
    const learned = { forget: [...this.forgotten], stacks: this.stacks };
    this.forgotten = new Set();
    this.stacks = [];
    return learned;
  }
}
