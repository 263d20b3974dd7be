// The names in all files that a program's debug information is spread over: an index of each, made when a name is first asked for.

import type { DebugFamily } from '../dwarf/family';
import type { DebugInfo } from '../dwarf/info';
import type { Unit } from '../dwarf/unit';
import type { UnitIndex } from '../unit-index';
import type { IndexStore } from './disk-store';
import { FileIndex } from './file-index';
import type { NameKind } from './name-index';
import { UnitScan } from './unit-scan';

export class FamilyNames {
  private readonly indexes = new Map<DebugInfo, FileIndex>();
  private lastScan: { readonly info: DebugInfo; readonly scan: UnitScan } | undefined;

  constructor(
    private readonly family: DebugFamily,
    private readonly indexOf: (unit: Unit) => UnitIndex,
    /** For the program's own file. */
    private readonly store: IndexStore | undefined,
  ) {}

  /** DIEs that define a name, by their offsets, in the files' order. */
  find(kind: NameKind, name: string): number[] {
    return this.family.completeMembers().flatMap((info) => this.indexFor(info).names.find(kind, name));
  }

  /** Units of the program's own file that list a source file of this last name. */
  unitsListing(name: string): Unit[] {
    const { main } = this.family;
    return main
      ? this.indexFor(main)
          .files.unitsOf(name)
          .flatMap((number) => main.units[number] ?? [])
      : [];
  }

  /** For a quick pass over units of one file; its tables are large and kept for the last file only. */
  scanOf(info: DebugInfo): UnitScan {
    if (this.lastScan?.info !== info) this.lastScan = { info, scan: new UnitScan(info) };
    return this.lastScan.scan;
  }

  private indexFor(info: DebugInfo): FileIndex {
    let index = this.indexes.get(info);
    if (!index) {
      index = new FileIndex(info, this.scanOf(info), this.indexOf, info === this.family.main ? this.store : undefined);
      this.indexes.set(info, index);
    }
    return index;
  }
}
