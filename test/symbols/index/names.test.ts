// The index of names against the units themselves: every function, inlined function, global and type of the test programs is found under its name.

import assert from 'node:assert/strict';
import { ElfFile } from '../../../src/formats/elf';
import { DW_AT } from '../../../src/symbols/dwarf/attributes';
import type { Die } from '../../../src/symbols/dwarf/die';
import { DebugFamily } from '../../../src/symbols/dwarf/family';
import type { DebugInfo } from '../../../src/symbols/dwarf/info';
import { DwarfSections } from '../../../src/symbols/dwarf/sections';
import { DW_TAG } from '../../../src/symbols/dwarf/tags';
import { FileByteSource } from '../../../src/symbols/file-source';
import { buildNames, splitTypeKey } from '../../../src/symbols/index/build-names';
import { FileIndex } from '../../../src/symbols/index/file-index';
import { NameIndex } from '../../../src/symbols/index/name-index';
import { UnitScan } from '../../../src/symbols/index/unit-scan';
import { SymbolError } from '../../../src/symbols/symbol-error';
import { typeKey } from '../../../src/symbols/type-key';
import { UnitIndex } from '../../../src/symbols/unit-index';
import { eachCombination } from '../toolchain';

function open(path: string): { info: DebugInfo; scan: UnitScan; names: NameIndex } {
  const elf = ElfFile.open(FileByteSource.open(path));
  const missing = (): SymbolError => SymbolError.noDebugInfo(path);
  const info = new DebugFamily(new DwarfSections(elf), { package: () => undefined, split: missing, supplement: missing }).main;
  assert.ok(info);
  const scan = new UnitScan(info);
  return {
    info,
    scan,
    names: new NameIndex(
      info,
      buildNames(info, scan, (unit) => new UnitIndex(unit, scan)),
    ),
  };
}

function* everyDie(parent: Die): Generator<Die> {
  for (const die of parent.children) {
    yield die;
    yield* everyDie(die);
  }
}

eachCombination('index of names', (_, path) => {
  it('finds what the units define, and nothing else', () => {
    const { info, names } = open(path());
    let found = 0;
    for (const unit of info.units) {
      for (const die of unit.root.children) {
        if (die.flag(DW_AT.declaration)) continue;
        const name = die.inheritedString(DW_AT.name);
        if (name === undefined) continue;
        if (die.tag === DW_TAG.subprogram) {
          const kind = die.has(DW_AT.low_pc) || die.has(DW_AT.ranges) ? 'function' : 'abstract';
          assert.ok(names.find(kind, name).includes(die.offset), `${kind} ${name}`);
          found++;
        } else if (die.tag === DW_TAG.variable) {
          assert.ok(names.find('global', name).includes(die.offset), `global ${name}`);
          found++;
        } else if ([DW_TAG.structure_type, DW_TAG.typedef, DW_TAG.base_type, DW_TAG.enumeration_type].some((tag) => tag === die.tag)) {
          const [kind, plain] = splitTypeKey(typeKey(die.tag, name));
          const definitions = names.find(kind, plain);
          assert.equal(definitions.length, 1, `${kind} ${plain}`);
          assert.equal(info.die(definitions[0]!)?.tag, die.tag);
          found++;
        }
      }
    }
    assert.ok(found > 30);
    assert.deepEqual(names.find('function', 'no_such_name'), []);
    assert.deepEqual(names.find('struct', ''), []);
  });

  it('passes over a unit as the DIEs lie', () => {
    const { info, scan } = open(path());
    for (const unit of info.units) {
      const walked = [...everyDie(unit.root)].map((die) => die.localOffset).sort((a, b) => a - b);
      const deep: number[] = [];
      scan.open(unit, unit.peek());
      scan.descend((offset) => void deep.push(offset));
      assert.deepEqual(deep, walked);
      const outer: number[] = [];
      scan.outer((offset) => void outer.push(offset));
      assert.deepEqual(
        outer,
        unit.root.children.map((die) => die.localOffset),
      );
    }
  });

  it('knows which units list a file', () => {
    const { info, scan } = open(path());
    const { files } = new FileIndex(info, scan, (unit) => new UnitIndex(unit, scan), undefined);
    const units = files.unitsOf('subject.c').map((number) => info.units[number]?.name.split('/').pop());
    assert.deepEqual(units, ['subject.c']);
    assert.ok(files.unitsOf('SUBJECT.H').length >= 1);
    assert.deepEqual(files.unitsOf('nothing.c'), []);
  });
});
