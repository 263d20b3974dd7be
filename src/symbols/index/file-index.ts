// The index of one file, names and source files: from the store where it is there, else made on first need and stored.

import type { DebugInfo } from '../dwarf/info';
import type { Unit } from '../dwarf/unit';
import type { UnitIndex } from '../unit-index';
import { buildNames } from './build-names';
import type { IndexStore } from './disk-store';
import { buildFileNames, FileNames, type FileNamesData } from './file-names';
import { decodeIndex, encodeIndex, type IndexIdentity, type IndexPart } from './index-file';
import { NAME_KINDS, type NameColumns, NameIndex, type NameIndexData, type NameKind } from './name-index';
import { lineOffsetOf } from './unit-head';
import type { UnitScan } from './unit-scan';

/** Less is indexed anew in no time. */
const WORTH_STORING = 8 * 1024 * 1024;

export class FileIndex {
  private nameIndex: NameIndex | undefined;
  private fileIndex: FileNames | undefined;

  constructor(
    private readonly info: DebugInfo,
    private readonly scan: UnitScan,
    private readonly indexOf: (unit: Unit) => UnitIndex,
    private readonly store: IndexStore | undefined,
  ) {}

  get names(): NameIndex {
    this.nameIndex ??= new NameIndex(
      this.info,
      this.stored('names', decodeNames, encodeNames, () => buildNames(this.info, this.scan, this.indexOf)),
    );
    return this.nameIndex;
  }

  /** Units are counted as in the list of all. */
  get files(): FileNames {
    this.fileIndex ??= new FileNames(
      this.stored('files', decodeFiles, encodeFiles, () => {
        const offsets = this.info.units.map((unit) => (unit.holdsType ? undefined : lineOffsetOf(unit, this.scan)));
        return buildFileNames(this.info.sections, offsets, this.info.units[0]?.addressSize ?? 8);
      }),
    );
    return this.fileIndex;
  }

  private stored<T>(
    what: string,
    decode: (parts: ReadonlyMap<string, IndexPart>) => T | undefined,
    encode: (data: T) => ReadonlyMap<string, IndexPart>,
    build: () => T,
  ): T {
    const { identity, store } = this;
    if (!identity || !store) return build();
    const name = `${identity.buildId}-${what}`;
    const bytes = store.load(name);
    const parts = bytes && decodeIndex(identity, bytes);
    const known = parts && decode(parts);
    if (known) return known;
    const made = build();
    store.save(name, encodeIndex(identity, encode(made)));
    return made;
  }

  private get identity(): IndexIdentity | undefined {
    const { sections, section } = this.info;
    const { buildId } = sections.elf;
    if (buildId === undefined || section.size < WORTH_STORING) return undefined;
    return { buildId, infoSize: section.size, linesSize: sections.optional('.debug_line')?.size ?? 0 };
  }
}

function encodeNames({ columns, texts }: NameIndexData): ReadonlyMap<string, IndexPart> {
  const parts = new Map<string, IndexPart>([['texts', texts]]);
  for (const kind of NAME_KINDS) {
    parts.set(`${kind} keys`, columns[kind].keys);
    parts.set(`${kind} dies`, columns[kind].dies);
  }
  return parts;
}

function decodeNames(parts: ReadonlyMap<string, IndexPart>): NameIndexData | undefined {
  const texts = parts.get('texts');
  if (!Array.isArray(texts)) return undefined;
  const columns: Partial<Record<NameKind, NameColumns>> = {};
  for (const kind of NAME_KINDS) {
    const keys = parts.get(`${kind} keys`);
    const dies = parts.get(`${kind} dies`);
    if (!(keys instanceof Uint32Array) || !(dies instanceof Float64Array)) return undefined;
    columns[kind] = { keys, dies };
  }
  return { columns: columns as Record<NameKind, NameColumns>, texts };
}

function encodeFiles({ names, keys, units }: FileNamesData): ReadonlyMap<string, IndexPart> {
  return new Map<string, IndexPart>([
    ['names', names],
    ['keys', keys],
    ['units', units],
  ]);
}

function decodeFiles(parts: ReadonlyMap<string, IndexPart>): FileNamesData | undefined {
  const names = parts.get('names');
  const keys = parts.get('keys');
  const units = parts.get('units');
  if (!Array.isArray(names) || !(keys instanceof Uint32Array) || !(units instanceof Float64Array)) return undefined;
  return { names, keys, units };
}
