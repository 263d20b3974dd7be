// Accesses of a block by one register that does not change between them: the first also finds that the others are in its page, and they need no look at a line.
// As long as one of them is still to come nothing may change fast entries: what misses the fast TLB leaves to the interpreter before its instruction.
import type { Local } from '../../wasm/code';
import type { HandlerCatalogue } from '../handlers';
import { R, RECORD_SIZE } from '../record';
import type { EngineMemory } from '../vm-memory';
import { registerOf } from './region-registers';
import type { RegionSite } from './region-site';

/** With fewer the look at the page's end costs what it saves. */
const LEAST_ACCESSES = 3;
/** Between the first byte and the last: the more, the more often a page ends there. */
const MOST_BYTES = 256;

/** Instructions whose first operand is only read. */
const READING: ReadonlySet<string> = new Set([
  'CMP',
  'TEST',
  'BT',
  'PUSH',
  'JMP',
  'CALL',
  'MUL',
  'IMUL',
  'DIV',
  'IDIV',
  'UCOMISD',
  'COMISD',
]);
const NO_ACCESS: ReadonlySet<string> = new Set(['LEA', 'NOP']);

/** Bytes of a group from its register on, and the record of its last access. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly last: number;
}
/** A group whose first access has been made: host address of its first byte. */
interface Group extends Span {
  readonly host: Local;
  /** How often its register had been set, and fast entries may have changed. */
  readonly sets: number;
  readonly changes: number;
}

export class PageGroups {
  private groups = new Map<number, Group>();
  private readonly locals = new Map<number, Local>();

  constructor(
    private readonly site: RegionSite,
    private readonly memory: EngineMemory,
    private readonly catalogue: HandlerCatalogue,
  ) {}

  save(): ReadonlyMap<number, Group> {
    return new Map(this.groups);
  }
  restore(groups: ReadonlyMap<number, Group>): void {
    this.groups = new Map(groups);
  }
  forget(): void {
    this.groups.clear();
  }

  private isAlive(key: number, { sets, changes, last }: Group): boolean {
    const { region, record } = this.site;
    return record <= last && changes === region.entryChanges && sets === region.f.setsOf(region.register(key >> 1));
  }
  /** Accesses are still to come that rely on fast entries as they are. */
  get areAlive(): boolean {
    for (const [key, group] of this.groups) if (this.isAlive(key, group)) return true;
    return false;
  }

  /** The memory operand's register, twice, + 1 for writes; undefined where it has no other parts or no such register. */
  private key(write: boolean): number | undefined {
    const register = this.site.form.memory === 'base' ? registerOf(this.site.i32(R.b)) : -1;
    return register < 0 ? undefined : register * 2 + (write ? 1 : 0);
  }
  /** Host address of the memory operand, if it is in a group. */
  place(bytes: number, write: boolean): Local | undefined {
    const key = this.key(write);
    const group = key === undefined ? undefined : this.groups.get(key);
    if (!group || !this.isAlive(key!, group)) return undefined;
    const disp = this.site.i32(R.disp);
    if (disp < group.from || disp + bytes > group.to) return undefined;
    const { region } = this.site;
    const host = region.temp('i32');
    region.f
      .get(group.host)
      .i32(disp - group.from)
      .op('i32.add')
      .set(host);
    return host;
  }

  /** What is to come if the access at hand is the first of a group. */
  ahead(bytes: number, write: boolean): Span | undefined {
    const key = this.key(write);
    if (key === undefined) return undefined;
    const { site } = this;
    const { block, record } = site;
    const { u16, i32 } = this.memory;
    const base = site.i32(R.b);
    let [from, to, count, last] = [site.i32(R.disp), site.i32(R.disp) + bytes, 1, record];
    for (let at = record; at < site.end; at += RECORD_SIZE) {
      const form = this.catalogue.formOf(u16[(at + R.plainOp) >> 1]!);
      if (!form) continue;
      const [first] = form.roles;
      const operand = form.memory === 'base' && i32[(at + R.b) >> 2] === base ? form.roles.find((role) => role.at === 'memory') : undefined;
      if (at > record && operand && !NO_ACCESS.has(form.name) && (operand === first && !READING.has(form.name)) === write) {
        const disp = i32[(at + R.disp) >> 2]!;
        const [least, most] = [Math.min(from, disp), Math.max(to, disp + operand.bytes)];
        if (most - least <= MOST_BYTES) [from, to, count, last] = [least, most, count + 1, at];
      }
      const written = first?.at === 'a' ? R.a : first?.at === 'b' ? R.b : undefined;
      if (written !== undefined && i32[(at + written) >> 2] === base && !READING.has(form.name)) break;
    }
    return count >= LEAST_ACCESSES && block.record !== record ? { from, to, last } : undefined;
  }

  /** The access at hand is at this host address, which is in its page: leaves where the others are not. */
  begin(host: Local, write: boolean, { from, to, last }: Span, leave: () => void): void {
    const key = this.key(write)!;
    const { region } = this.site;
    const { f } = region;
    let first = this.locals.get(key);
    if (first === undefined) {
      first = f.local('i32');
      this.locals.set(key, first);
    }
    f.get(host)
      .i32(from - this.site.i32(R.disp))
      .op('i32.add')
      .tee(first);
    f.i32(4095)
      .op('i32.and')
      .i32(4096 - (to - from))
      .op('i32.gt_u')
      .unlikely()
      .if();
    leave();
    f.end();
    this.groups.set(key, { from, to, last, host: first, sets: f.setsOf(region.register(key >> 1)), changes: region.entryChanges });
  }
}
