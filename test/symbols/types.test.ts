// Types as C declares them: layout, names, bit fields, and structures defined in another unit.

import assert from 'node:assert/strict';
import type { SymbolFile } from '../../src/symbols/symbol-file';
import { declaration, typeName } from '../../src/symbols/type-name';
import { type CompositeType, type DataType, elementOf, sizeOf, strip } from '../../src/symbols/types';
import { build, eachCombination, open, requireCompiler } from './toolchain';

function composite(type: DataType | undefined): CompositeType {
  const plain = type && strip(type);
  assert.ok(plain?.kind === 'struct' || plain?.kind === 'union', `${plain?.kind}`);
  return plain;
}

function checkTask(symbols: SymbolFile, pointer: number): void {
  const task = composite(symbols.typeByName('struct task'));
  const long = pointer;
  assert.deepEqual(
    task.members.map(({ name, type }) => [name, typeName(type)]),
    [
      ['name', 'const char *'],
      ['next', 'struct task *'],
      ['w', 'union word'],
      ['colour', 'enum colour'],
      ['flags', 'struct flags'],
      ['matrix', 'int [2][3]'],
      ['handler', 'handler_t'],
      ['', 'struct {…}'],
      ['port', 'volatile char *const'],
      ['tail', 'char []'],
    ],
  );
  const at = (name: string): number => task.members.find((member) => member.name === name)!.bitOffset / 8;
  assert.deepEqual([at('name'), at('next'), at('w'), at('colour')], [0, long, 2 * long, 2 * long + 4]);
  assert.equal(at('tail'), task.size!);
  const next = task.members[1]!.type;
  assert.ok(next.kind === 'pointer' && next.target === strip(task), 'the type refers to itself');
}

eachCombination('types', ({ compiler }, path) => {
  let symbols: SymbolFile;
  before(() => {
    symbols = open(path());
  });

  it('structures with their members', () => checkTask(symbols, 8));

  it('bit fields from the least significant bit', () => {
    const flags = composite(symbols.typeByName('struct flags'));
    assert.deepEqual(
      flags.members.map(({ name, bitOffset, bitSize }) => [name, bitOffset, bitSize]),
      [
        ['a', 0, 3],
        ['b', 3, 5],
        ['c', 8, 40],
      ],
    );
    assert.equal(flags.size, 8);
  });

  it('unions, enumerations, arrays', () => {
    const word = composite(symbols.typeByName('union word'));
    assert.deepEqual(
      word.members.map(({ bitOffset }) => bitOffset),
      [0, 0],
    );
    const colour = symbols.typeByName('enum colour');
    assert.ok(colour?.kind === 'enum' && colour.signed && colour.size === 4);
    assert.deepEqual(colour.enumerators, [
      { name: 'RED', value: -1n },
      { name: 'GREEN', value: 0n },
      { name: 'BLUE', value: 200n },
    ]);
    const matrix = composite(symbols.typeByName('struct task')).members[5]!.type;
    assert.ok(matrix.kind === 'array');
    assert.deepEqual([matrix.dimensions, matrix.size, sizeOf(matrix)], [[2, 3], 24, 24]);
    assert.equal(typeName(elementOf(matrix)), 'int [3]');
    assert.equal(sizeOf(elementOf(matrix)), 12);
    const tail = composite(symbols.typeByName('struct task')).members[9]!.type;
    assert.ok(tail.kind === 'array' && tail.size === undefined);
  });

  it('function pointers in C notation', () => {
    const handler = symbols.typeByName('handler_t')!;
    assert.equal(typeName(strip(handler)), 'int (*)(struct hidden *, const char *)');
    assert.equal(declaration(strip(handler), 'call'), 'int (*call)(struct hidden *, const char *)');
    assert.equal(
      typeName(symbols.functionType(symbols.symbolAddress('leaf')!)!),
      `int (int, ${compiler === 'gcc' ? 'long int' : 'long'}, struct task *)`,
    );
    assert.equal(sizeOf(handler), 8);
  });

  it('a structure declared here is completed from the unit that defines it', () => {
    const handler = strip(symbols.typeByName('handler_t', symbols.symbolAddress('outer'))!);
    assert.ok(handler.kind === 'pointer' && handler.target.kind === 'function');
    const [parameter] = handler.target.parameters;
    assert.ok(parameter?.kind === 'pointer');
    const hidden = composite(parameter.target);
    assert.deepEqual(
      hidden.members.map(({ name }) => name),
      ['secret', 'owner'],
    );
    assert.equal(hidden.size, 16);
  });

  it('base types', () => {
    const int = symbols.typeByName('int');
    assert.deepEqual(int, { kind: 'base', name: 'int', size: 4, encoding: 5 });
    for (const spelling of ['unsigned', 'unsigned int']) assert.equal(sizeOf(symbols.typeByName(spelling)!), 4, spelling);
    for (const spelling of ['long', 'long int', 'signed long']) assert.equal(sizeOf(symbols.typeByName(spelling)!), 8, spelling);
    assert.equal(symbols.typeByName('struct nowhere'), undefined);
  });
});

describe('types: i386', () => {
  it('have i386 layout', function () {
    requireCompiler(this, 'gcc', ['-m32']);
    const flags = ['-m32', '-g', '-O2', '-nostdlib', '-static', '-fno-pie', '-no-pie', '-ffreestanding'];
    const symbols = open(build('gcc', flags, ['start.S', 'subject.c', 'other.c']));
    checkTask(symbols, 4);
    assert.equal(sizeOf(symbols.typeByName('handler_t')!), 4);
    assert.equal(symbols.addressSize, 4);
  });
});

describe('type names', () => {
  const int: DataType = { kind: 'base', name: 'int', size: 4, encoding: 5 };
  const pointer = (target: DataType): DataType => ({ kind: 'pointer', flavour: 'pointer', size: 8, target });
  const array = (element: DataType, ...dimensions: (number | undefined)[]): DataType => ({
    kind: 'array',
    element,
    dimensions,
    size: undefined,
  });
  const func = (result: DataType, parameters: DataType[], variadic = false): DataType => ({
    kind: 'function',
    result,
    parameters,
    variadic,
    prototyped: true,
  });
  for (const [type, text] of [
    [array(pointer(int), 4), 'int *[4]'],
    [pointer(array(int, 4)), 'int (*)[4]'],
    [pointer(pointer({ kind: 'void' })), 'void **'],
    [pointer(func({ kind: 'void' }, [])), 'void (*)(void)'],
    [array(pointer(func(int, [int], true)), 2), 'int (*[2])(int, ...)'],
    [func(pointer(int), [pointer(int)]), 'int *(int *)'],
    [
      { kind: 'qualified', qualifier: 'const', target: pointer({ kind: 'qualified', qualifier: 'const', target: int }) },
      'const int *const',
    ],
    [{ kind: 'pointer', flavour: 'reference', size: 8, target: int }, 'int &'],
    [{ kind: 'unknown', name: '', reason: 'x' }, '<unknown type>'],
  ] as [DataType, string][]) {
    it(text, () => assert.equal(typeName(type), text));
  }
});
