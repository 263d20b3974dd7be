// The names of all files that a program's debug information is spread over: an index of each, made when a name is first asked for.

import type { DebugFamily } from '../dwarf/family';
import type { DebugInfo } from '../dwarf/info';
import type { Unit } from '../dwarf/unit';
import type { UnitIndex } from '../unit-index';
import { buildNames } from './build-names';
import { NameIndex, type NameKind } from './name-index';
import { UnitScan } from './unit-scan';

export class FamilyNames {
  private readonly indexes = new Map<DebugInfo, NameIndex>();
  private lastScan: { readonly info: DebugInfo; readonly scan: UnitScan } | undefined;

  constructor(
    private readonly family: DebugFamily,
    private readonly indexOf: (unit: Unit) => UnitIndex,
  ) {}

  /** DIEs that define a name, by their offsets, in the files' order. */
  find(kind: NameKind, name: string): number[] {
    return this.family.completeMembers().flatMap((info) => this.indexFor(info).find(kind, name));
  }

  /** For a quick pass over units of one file; its tables are large and kept for the last file only. */
  scanOf(info: DebugInfo): UnitScan {
    if (this.lastScan?.info !== info) this.lastScan = { info, scan: new UnitScan(info) };
    return this.lastScan.scan;
  }

  private indexFor(info: DebugInfo): NameIndex {
    let index = this.indexes.get(info);
    if (!index) {
      index = new NameIndex(info, buildNames(info, this.indexOf));
      this.indexes.set(info, index);
    }
    return index;
  }
}
