// The one list of stop points the machine gets: what breakpoints and steps want, each under a stable id.
import type { MachineControl } from '../../machine/control/control';
import type { Program, StopPointSpec } from '../../machine/control/types';

export type StopPointOwner = object;

/** A stop point without its id. */
export type WantedStop = Omit<StopPointSpec, 'id' | 'vm'>;

export class StopPoints {
  private readonly owned = new Map<StopPointOwner, StopPointSpec[]>();
  private readonly owners = new Map<number, StopPointOwner>();
  /** If set, what the others want is not sent. */
  only: StopPointOwner | undefined;
  private nextId = 1;
  private sent = '';

  constructor(
    private readonly control: MachineControl,
    private readonly vm: number,
  ) {}

  /** Replaces what one owner wants; `send` makes it so. Unchanged wishes keep their ids. */
  set(owner: StopPointOwner, wanted: readonly WantedStop[]): void {
    const old = this.owned.get(owner) ?? [];
    for (const { id } of old) this.owners.delete(id);
    const specs = wanted.map((want, index): StopPointSpec => {
      const id = old[index]?.id ?? this.nextId++;
      this.owners.set(id, owner);
      return { ...want, id, vm: this.vm };
    });
    const [first] = specs;
    if (first?.hits) for (const spec of specs) spec.countsWith = first.id;
    if (specs.length === 0) this.owned.delete(owner);
    else this.owned.set(owner, specs);
  }

  /** Whether one is armed at a linear address. */
  isAt(linear: bigint): boolean {
    return [...this.owned.values()].flat().some(({ where }) => where.kind === 'linear' && where.address === linear);
  }

  ownersOf(ids: readonly number[]): Set<StopPointOwner> {
    return new Set(ids.flatMap((id) => this.owners.get(id) ?? []));
  }

  async send(): Promise<void> {
    const all = this.only === undefined ? [...this.owned.values()].flat() : (this.owned.get(this.only) ?? []);
    const text = JSON.stringify(all, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
    if (text === this.sent) return;
    this.sent = text;
    await this.control.setStopPoints(all);
  }
}

/** Both programs yield non-zero. */
export function both(left: Program | undefined, right: Program | undefined): Program | undefined {
  if (!left || !right) return left ?? right;
  return [
    ...left,
    { op: 'unary', operator: 'lnot' },
    ...right,
    { op: 'unary', operator: 'lnot' },
    { op: 'binary', operator: 'or' },
    { op: 'unary', operator: 'lnot' },
  ];
}
