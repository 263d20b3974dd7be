// Types from BTF are those that DWARF tells of the same program, as far as BTF knows them.
import assert from 'node:assert/strict';
import { ElfFile } from '../../src/formats/elf';
import { BtfTypes } from '../../src/symbols/btf/btf-types';
import { FileByteSource } from '../../src/symbols/file-source';
import { typeName } from '../../src/symbols/type-name';
import { type DataType, sizeOf, strip } from '../../src/symbols/types';
import { build, open, requireCompiler } from './toolchain';

const FLAGS = ['-c'];
const NAMES = ['struct outer', 'struct inner', 'union both', 'enum colour', 'pointer_to_function', 'unsigned long', 'struct hidden'];

/** A type with what it is made of, so deep. */
function portrait(type: DataType, depth = 4): unknown {
  const plain = strip(type);
  const own = [typeName(type), plain.kind, sizeOf(type)];
  if (depth === 0) return own;
  switch (plain.kind) {
    case 'base':
      return [...own, plain.encoding];
    case 'pointer':
      return [...own, portrait(plain.target, depth - 1)];
    case 'array':
      return [...own, plain.dimensions, portrait(plain.element, depth - 1)];
    case 'enum':
      return [...own, plain.signed, plain.enumerators];
    case 'function':
      return [...own, plain.variadic, portrait(plain.result, depth - 1), plain.parameters.map((each) => portrait(each, depth - 1))];
    case 'struct':
    case 'union':
      return [...own, plain.members.map(({ name, bitOffset, bitSize, type: of }) => [name, bitOffset, bitSize, portrait(of, depth - 1)])];
    default:
      return own;
  }
}

function btf(): BtfTypes {
  const elf = ElfFile.open(FileByteSource.open(build('gcc', [...FLAGS, '-gbtf'], ['btf.c'])));
  const section = elf.section('.BTF');
  const types = section && BtfTypes.of(elf.sectionBytes(section));
  assert.ok(types);
  return types;
}

describe('BTF', () => {
  before(function () {
    requireCompiler(this, 'gcc', ['-gbtf']);
  });

  it('tells the types that DWARF tells', () => {
    const types = btf();
    const dwarf = open(build('gcc', [...FLAGS, '-g'], ['btf.c']));
    for (const name of NAMES) {
      const [mine, theirs] = [types.named(name), dwarf.typeByName(name)];
      if (name === 'struct hidden') assert.equal(mine, undefined);
      else assert.deepEqual(portrait(mine!), portrait(theirs!), name);
    }
  });

  it('knows variables, functions and enumerators by name', () => {
    const types = btf();
    assert.equal(typeName(types.ofVariable('everything')!), 'struct outer');
    assert.equal(typeName(types.ofFunction('work')!), 'long int (const char *, struct outer *, ...)');
    assert.equal(types.enumerator('GREEN')?.value, 7n);
    assert.equal(types.enumerator('VIOLET'), undefined);
    assert.equal(types.ofVariable('nothing'), undefined);
  });

  it('that is cut or no BTF is none', () => {
    assert.equal(BtfTypes.of(new Uint8Array(10)), undefined);
    assert.equal(BtfTypes.of(Uint8Array.of(0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)), undefined);
  });
});
