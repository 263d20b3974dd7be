// The files that a program's debug information is spread over: its own, split units (.dwo files or a package), what dwz moved to a file
// that several programs share. Each gets a range of offsets of its own, so that a DIE's offset tells it from all others.

import type { ElfFile } from '../../formats/elf';
import { SymbolError } from '../symbol-error';
import type { Die } from './die';
import { DebugInfo } from './info';
import type { DwarfSections } from './sections';
import { SplitUnits } from './split';
import { supplementNamed } from './supplement';
import type { Unit } from './unit';

/** More than any .debug_info has, and 2^17 files fit. */
const OFFSETS_PER_FILE = 2 ** 36;

/** Finds the files a program's debug information names; undefined where there is none that fits. */
export interface RelatedFiles {
  /** `<program>.dwp` */
  package(): ElfFile | undefined;
  /** `accept` tells whether a file is the one that is meant. */
  split(compileDirectory: string, name: string, accept: (elf: ElfFile) => boolean): ElfFile | SymbolError;
  supplement(name: string, buildId: string): ElfFile | SymbolError;
}

export class DebugFamily {
  readonly main: DebugInfo | undefined;
  private readonly members: DebugInfo[] = [];
  private readonly splits: SplitUnits;
  private supplement: DebugInfo | undefined | null = null;
  private isComplete = false;
  private readonly troubles = new Map<string, SymbolError>();

  constructor(
    private readonly sections: DwarfSections,
    private readonly files: RelatedFiles,
  ) {
    const section = sections.get('.debug_info');
    this.splits = new SplitUnits(sections, files, this);
    this.main = section && this.join((base) => new DebugInfo(sections, section, this, { base }));
  }

  /** What could not be found, said once each. */
  get problems(): readonly SymbolError[] {
    return [...this.troubles.values()];
  }

  report(problem: SymbolError): void {
    if (!this.troubles.has(problem.message)) this.troubles.set(problem.message, problem);
  }

  /** Adds a file; its offsets begin where `base` says. */
  join(open: (base: number) => DebugInfo): DebugInfo {
    const info = open(this.members.length * OFFSETS_PER_FILE);
    this.members.push(info);
    return info;
  }

  /** The file that was added last turned out to be another one than was meant. */
  leave(): void {
    this.members.pop();
  }

  unitAt(offset: number): Unit | undefined {
    return this.members[Math.floor(offset / OFFSETS_PER_FILE)]?.unitAt(offset);
  }

  /** Every file, after looking for those that are not open yet. */
  completeMembers(): readonly DebugInfo[] {
    if (!this.isComplete) {
      for (const unit of this.main?.units ?? []) this.complete(unit);
      if (this.main) this.supplementOf(this.main);
      this.isComplete = true;
    }
    return this.members;
  }

  die(offset: number): Die | undefined {
    return this.members[Math.floor(offset / OFFSETS_PER_FILE)]?.die(offset);
  }

  /** The unit itself, or what a skeleton stands for; the skeleton where that is missing: its lines and ranges are still good. */
  complete(unit: Unit): Unit {
    return this.splits.complete(unit);
  }

  /** Those of all files: a type unit belongs to no unit of code. */
  *typeUnits(): Generator<Unit> {
    this.splits.openPackagedTypes();
    for (const info of this.members) for (const unit of info.units) if (unit.holdsType) yield unit;
  }

  typeBySignature(signature: bigint, asking: DebugInfo): Die | undefined {
    return (
      this.splits.typeBySignature(signature) ?? (asking === this.main || !this.main ? undefined : this.main.ownTypeBySignature(signature))
    );
  }

  supplementOf(info: DebugInfo): DebugInfo | undefined {
    if (info !== this.main) return undefined;
    if (this.supplement === null) this.supplement = this.openSupplement();
    return this.supplement;
  }

  private openSupplement(): DebugInfo | undefined {
    const named = supplementNamed(this.sections);
    if (!named || named.isSupplement) return undefined;
    const found = this.files.supplement(named.name, named.buildId);
    if (found instanceof SymbolError) {
      this.report(found);
      return undefined;
    }
    const sections = this.sections.ofSupplement(found);
    const section = sections.get('.debug_info');
    return section && this.join((base) => new DebugInfo(sections, section, this, { base }));
  }
}
