// Split units (DWARF 5, 3.1.3 and 7.3.2): for each skeleton in the program the whole unit, from a package (.dwp) or its own .dwo file.

import type { ElfFile } from '../../formats/elf';
import { SymbolError } from '../symbol-error';
import type { Die } from './die';
import type { DebugFamily, RelatedFiles } from './family';
import { DebugInfo } from './info';
import { DwarfPackage } from './package';
import { type DwarfSections, SplitSections } from './sections';
import { DW_UT, type Unit } from './unit';

export class SplitUnits {
  private readonly known = new Map<Unit, Unit>();
  /** null: not looked for yet. */
  private packageFile: DwarfPackage | undefined | null = null;
  private readonly packageTypes = new Map<bigint, Die | undefined>();
  private readonly infos: DebugInfo[] = [];
  private readonly canBeSplit: boolean;

  constructor(
    private readonly program: DwarfSections,
    private readonly files: RelatedFiles,
    private readonly family: DebugFamily,
  ) {
    // Only skeletons of DWARF 4 need this table; it spares looking at the root of every unit.
    this.canBeSplit = program.optional('.debug_addr') !== undefined;
  }

  complete(unit: Unit): Unit {
    if (!this.isSkeleton(unit)) return unit;
    let whole = this.known.get(unit);
    if (!whole) {
      const found = this.find(unit);
      if (found instanceof SymbolError) this.family.report(found);
      whole = found instanceof SymbolError ? unit : found;
      this.known.set(unit, whole);
    }
    return whole;
  }

  typeBySignature(signature: bigint): Die | undefined {
    if (!this.packageTypes.has(signature)) this.packageTypes.set(signature, this.packagedType(signature));
    const packaged = this.packageTypes.get(signature);
    if (packaged) return packaged;
    for (const info of this.infos) {
      const found = info.ownTypeBySignature(signature);
      if (found) return found;
    }
    return undefined;
  }

  /** Opens every type of the package: for finding one by its name. */
  openPackagedTypes(): void {
    for (const signature of this.package?.signatures ?? []) this.typeBySignature(signature);
  }

  private isSkeleton(unit: Unit): boolean {
    if (unit.header.unitType === DW_UT.skeleton) return true;
    return this.canBeSplit && unit.version < 5 && !unit.isSplit && unit.dwoName !== undefined;
  }

  private get package(): DwarfPackage | undefined {
    if (this.packageFile === null) {
      const elf = this.files.package();
      this.packageFile = elf && new DwarfPackage(this.program, elf);
    }
    return this.packageFile;
  }

  private find(skeleton: Unit): Unit | SymbolError {
    const name = skeleton.dwoName ?? '';
    const id = skeleton.dwoId;
    const packaged = id === undefined ? undefined : this.package?.unit(id);
    if (packaged) {
      const unit = this.unitIn(packaged, skeleton);
      if (unit) return unit;
    }
    let unit: Unit | undefined;
    const accept = (elf: ElfFile): boolean => {
      unit = this.unitIn(new SplitSections(this.program, elf), skeleton);
      return unit !== undefined;
    };
    const found = this.files.split(skeleton.compileDirectory, name, accept);
    return found instanceof SymbolError ? found : (unit ?? SymbolError.missingSplit(this.program.file, name, []));
  }

  /** The unit of these sections that completes the skeleton; undefined when it was built at another time. */
  private unitIn(sections: SplitSections, skeleton: Unit): Unit | undefined {
    const section = sections.get('.debug_info');
    if (!section) return undefined;
    const info = this.family.join((base) => new DebugInfo(sections, section, this.family, { base, split: { skeleton } }));
    const unit = unitOf(info, skeleton);
    if (unit) this.infos.push(info);
    else this.family.leave();
    return unit;
  }

  private packagedType(signature: bigint): Die | undefined {
    const sections = this.package?.type(signature);
    const types = sections?.get('.debug_types');
    const section = types ?? sections?.get('.debug_info');
    if (!sections || !section) return undefined;
    const role = { split: { skeleton: undefined }, inTypes: types !== undefined };
    const info = this.family.join((base) => new DebugInfo(sections, section, this.family, { ...role, base }));
    return info.ownTypeBySignature(signature);
  }
}

/** The unit with the skeleton's id; a damaged file has none. */
function unitOf(info: DebugInfo, skeleton: Unit): Unit | undefined {
  try {
    const unit = info.units.find((each) => !each.holdsType);
    return unit?.dwoId === skeleton.dwoId ? unit : undefined;
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}
