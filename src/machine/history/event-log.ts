// What kinds of events happened since a snapshot, by VM: so that stretches in which no stop point for events can have been met are not gone through again.
// Bounded: of what is too various only its kind is kept. What has happened is always noted; that something is noted does not say that it would have stopped.

/** Append only. `paging`: other control bits of paging have changed; `cr3`: a page table was taken into use. */
export const NOTED = ['fault', 'interrupt', 'exit', 'msr', 'port', 'hypercall', 'paging', 'cr3'] as const;
export type Noted = (typeof NOTED)[number];

/** One thing of a log; `value` undefined: any. */
export interface Note {
  /** Index of its name, as the noter counts them. */
  readonly name: number;
  readonly value: number | undefined;
}

/** Beyond so many a VM's events are noted without their values. */
const MOST_NOTES = 1024;
const NAMES = 512;
const ANY = 2 ** 32;
const VALUES = 2 ** 33;
const NOTED_INDEX = Object.fromEntries(NOTED.map((noted, index) => [noted, index])) as Readonly<Record<Noted, number>>;

export class EventLog {
  private sets: Set<number>[] | undefined;
  private last = -1;
  private lastVm = -1;

  /** Anew, from now on. */
  begin(vms: number): void {
    this.sets = Array.from({ length: vms }, () => new Set<number>());
    this.last = -1;
  }
  end(): void {
    this.sets = undefined;
  }
  get isOn(): boolean {
    return this.sets !== undefined;
  }

  note(vm: number, noted: Noted, name: number, value: number | bigint): void {
    if (this.sets === undefined) return;
    const number = Number(value);
    const first = (NOTED_INDEX[noted] * NAMES + name) * VALUES;
    const key = first + (number >= 0 && number < ANY ? number : ANY);
    if (key === this.last && vm === this.lastVm) return;
    this.last = key;
    this.lastVm = vm;
    const set = this.sets[vm]!;
    set.add(set.size < MOST_NOTES || set.has(key) ? key : first + ANY);
  }

  /** With whatever values. */
  noteAny(vm: number, noted: Noted, name: number): void {
    this.sets?.[vm]?.add((NOTED_INDEX[noted] * NAMES + name) * VALUES + ANY);
  }

  /** By VM, since `begin`. */
  copy(): ReadonlySet<number>[] {
    return (this.sets ?? []).map((set) => new Set(set));
  }
}

/** What was noted of a kind. */
export function notesOf(log: ReadonlySet<number>, noted: Noted): Note[] {
  const notes: Note[] = [];
  for (const key of log) {
    const first = Math.floor(key / VALUES);
    if (Math.floor(first / NAMES) !== NOTED_INDEX[noted]) continue;
    const value = key % VALUES;
    notes.push({ name: first % NAMES, value: value === ANY ? undefined : value });
  }
  return notes;
}
