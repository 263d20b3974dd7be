// The points of one vCPU's profile as columns of numbers: hundreds of thousands of them are kept, and none is an object until it is looked at.

/** One sample; `stack` is an index into the profile's stacks. */
export interface ProfilePoint {
  readonly vm: number;
  readonly vcpu: number;
  readonly atNs: number;
  readonly ordinal: number;
  readonly weight: number;
  readonly stack: number;
  /** CR3: the address space it ran in. */
  readonly space: bigint;
}

/** Of each point, one after the other. `space` is an index into `spaces`. */
const AT_NS = 0;
const ORDINAL = 1;
const WEIGHT = 2;
const STACK = 3;
const SPACE = 4;
const COLUMNS = 5;
const LEAST_POINTS = 256;

export class VcpuPoints {
  private numbers = new Float64Array(LEAST_POINTS * COLUMNS);
  private size = 0;
  private readonly spaces: bigint[] = [];
  private readonly spaceNumbers = new Map<bigint, number>();
  private lastSpace = 0;

  constructor(
    readonly vm: number,
    readonly vcpu: number,
    private readonly most: number,
  ) {}

  /** Ordinals rise: points that are not before this one are replaced. Returns how many of the oldest were forgotten for it. */
  add(atNs: number, ordinal: number, weight: number, space: bigint, stack: number): number {
    while (this.size > 0 && this.numbers[(this.size - 1) * COLUMNS + ORDINAL]! >= ordinal) this.size--;
    if ((this.size + 1) * COLUMNS > this.numbers.length) this.grow();
    const { numbers } = this;
    const first = this.size++ * COLUMNS;
    numbers[first + AT_NS] = atNs;
    numbers[first + ORDINAL] = ordinal;
    numbers[first + WEIGHT] = weight;
    numbers[first + STACK] = stack;
    numbers[first + SPACE] = this.spaceOf(space);
    return this.size > this.most ? this.forget(this.most >> 3) : 0;
  }

  private grow(): void {
    const old = this.numbers;
    this.numbers = new Float64Array(old.length * 2);
    this.numbers.set(old);
  }
  private forget(oldest: number): number {
    this.numbers.copyWithin(0, oldest * COLUMNS, this.size * COLUMNS);
    this.size -= oldest;
    return oldest;
  }
  private spaceOf(space: bigint): number {
    if (this.spaces[this.lastSpace] === space) return this.lastSpace;
    let number = this.spaceNumbers.get(space);
    if (number === undefined) {
      number = this.spaces.push(space) - 1;
      this.spaceNumbers.set(space, number);
    }
    this.lastSpace = number;
    return number;
  }

  /** In the order of time. */
  *points(fromNs: number, toNs: number, space: bigint | undefined): Generator<ProfilePoint> {
    const { vm, vcpu, numbers, spaces } = this;
    for (let i = 0, first = 0; i < this.size; i++, first += COLUMNS) {
      const atNs = numbers[first + AT_NS]!;
      const itsSpace = spaces[numbers[first + SPACE]!]!;
      if (atNs < fromNs || atNs >= toNs || (space !== undefined && space !== itsSpace)) continue;
      yield {
        vm,
        vcpu,
        atNs,
        ordinal: numbers[first + ORDINAL]!,
        weight: numbers[first + WEIGHT]!,
        stack: numbers[first + STACK]!,
        space: itsSpace,
      };
    }
  }
}
