// Values of Rust and C++ programs as their compilers describe them: names of types, one-line values, what is below, and expressions.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childCounts, namedChildren } from '../../src/debug/c/children';
import { evaluate } from '../../src/debug/c/evaluate';
import { formatValue } from '../../src/debug/c/format';
import { FileByteSource } from '../../src/symbols/file-source';
import { SymbolFile } from '../../src/symbols/symbol-file';
import { typeName } from '../../src/symbols/type-name';
import { needs } from '../support/compiler';
import { tool } from '../symbols/toolchain';
import { ImageScope } from './support/image-scope';

const PROGRAMS = join(__dirname, 'programs');

class Program {
  private readonly scope: ImageScope;

  constructor(readonly symbols: SymbolFile) {
    this.scope = new ImageScope(symbols);
  }

  /** "type: value" */
  async show(text: string): Promise<string> {
    const value = await evaluate(text, this.scope);
    const symbolAt = (address: bigint): string => this.symbols.symbolAt(address)?.name ?? '';
    // Where things lie differs from linker to linker.
    const shown = (await formatValue(value, this.scope, { hex: false, symbolAt })).replace(/0x[0-9a-f]{4,}/g, '0x…');
    return `${typeName(value.type)}: ${shown}`;
  }

  async below(text: string): Promise<string[]> {
    const value = await evaluate(text, this.scope);
    const children = await namedChildren(value, text, this.scope);
    assert.equal(children.length, childCounts(value).named);
    return children.map(({ name, expression }) => `${name}: ${expression}`);
  }
}

const check = async (program: Program, expected: Readonly<Record<string, string>>): Promise<void> => {
  const actual: Record<string, string> = {};
  for (const text of Object.keys(expected)) {
    actual[text] = await program.show(text).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  }
  assert.deepEqual(actual, expected);
};

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'languages-'));
});
after(() => rmSync(folder, { recursive: true }));

describe('values of a Rust program', function () {
  this.timeout(300_000);
  let program: Program;
  before(function () {
    needs(this, 'rustc', 'ld');
    const [object, image] = [join(folder, 'values.o'), join(folder, 'values.elf')];
    const flags = ['-g', '-C', 'panic=abort', '-C', 'relocation-model=static', '--emit', 'obj', '--crate-type', 'bin'];
    tool('rustc', ...flags, '--edition', '2018', join(PROGRAMS, 'values.rs'), '-o', object);
    tool('ld', '-static', '--unresolved-symbols=ignore-all', object, '-o', image);
    program = new Program(SymbolFile.open({ source: FileByteSource.open(image) }));
  });

  it('one line each', () =>
    check(program, {
      'EVERYTHING.text': '&str: "häuser \\"und\\"\\n"',
      'EVERYTHING.empty': '&str: ""',
      'EVERYTHING.numbers': '&[u32]: [3] {10, 20, 30}',
      'EVERYTHING.array': '[u16; 3]: [3] {1, 2, 3}',
      'EVERYTHING.tuple': "(u8, i64, char): (1, -5, 120 'x')",
      'EVERYTHING.unit': '(): ()',
      'EVERYTHING.flag': 'bool: true',
      'EVERYTHING.wide': 'u128: 1267650600228229401496703205376',
      'EVERYTHING.some': 'core::option::Option<u32>: Some(5)',
      'EVERYTHING.none': 'core::option::Option<u32>: None',
      'EVERYTHING.reference': 'core::option::Option<&u32>: Some(0x… <values::FIVE>)',
      'EVERYTHING.nowhere': 'core::option::Option<&u32>: None',
      'EVERYTHING.nested': 'core::option::Option<core::option::Option<bool>>: Some(None)',
      'EVERYTHING.ok': 'core::result::Result<u32, &str>: Ok(7)',
      'EVERYTHING.failed': 'core::result::Result<u32, &str>: Err("too long")',
      'EVERYTHING.circle': 'values::kernel::Shape: Circle {radius = 3}',
      'EVERYTHING.square': 'values::kernel::Shape: Square(4, 5)',
      'EVERYTHING.nothing': 'values::kernel::Shape: Empty',
      'EVERYTHING.boxed': 'core::option::Option<values::kernel::Shape>: Some(Square(6, 7))',
      'EVERYTHING.mode': 'values::kernel::Mode: On (7)',
      'EVERYTHING.point': 'values::kernel::Point<i32>: {x = 3, y = -4}',
      'EVERYTHING.pair': 'values::kernel::Pair: Pair(200, -1)',
      'EVERYTHING.word': 'values::kernel::Word: {whole = 131073, half = [2] {1, 2}}',
      'EVERYTHING.shapes': '[values::kernel::Shape; 2]: [2] {Empty, Circle {radius = 9}}',
      'EVERYTHING.half': 'f32: 0.5',
      'EVERYTHING.ordering': 'core::cmp::Ordering: Less (-1)',
    }));

  it('expressions reach into tuples, slices and the active variant', () =>
    check(program, {
      'EVERYTHING.tuple.1 * 2': 'long: -10',
      'EVERYTHING.pair.0 + 1': 'int: 201',
      'EVERYTHING.numbers.data_ptr[2]': 'u32: 30',
      'EVERYTHING.some.Some.0': 'u32: 5',
      'EVERYTHING.some.0': 'u32: 5',
      'EVERYTHING.circle.radius': 'u32: 3',
      '*EVERYTHING.reference.0': 'u32: 5',
      'EVERYTHING.none.Some': 'This core::option::Option<u32> is None now, not Some.',
      'EVERYTHING.mode == On': 'int: 1',
      'values::FIVE': 'u32: 5',
      'sizeof(values::kernel::Pair)': 'unsigned long: 16',
      "sizeof('values::kernel::Point<i32>')": 'unsigned long: 8',
      '((values::kernel::Pair *)&EVERYTHING.pair)->1': 'i64: -1',
    }));

  it('what is below', async () => {
    assert.deepEqual(await program.below('EVERYTHING.circle'), ['Circle: EVERYTHING.circle.Circle']);
    assert.deepEqual(await program.below('EVERYTHING.tuple'), ['0: EVERYTHING.tuple.0', '1: EVERYTHING.tuple.1', '2: EVERYTHING.tuple.2']);
    assert.deepEqual(await program.below('EVERYTHING.numbers'), [
      'elements: *EVERYTHING.numbers.data_ptr@EVERYTHING.numbers.length',
      'data_ptr: EVERYTHING.numbers.data_ptr',
      'length: EVERYTHING.numbers.length',
    ]);
    assert.equal(await program.show('*EVERYTHING.numbers.data_ptr@EVERYTHING.numbers.length'), 'u32 [3]: [3] {10, 20, 30}');
  });
});

for (const compiler of ['g++', 'clang++']) {
  describe(`values of a C++ program: ${compiler}`, () => {
    let program: Program;
    before(function () {
      needs(this, compiler);
      const image = join(folder, `values-${compiler}.elf`);
      const position = compiler === 'g++' ? ['-no-pie'] : ['-Wl,-no-pie'];
      tool(compiler, '-g', '-O0', '-std=c++17', '-fno-pie', ...position, '-nostdlib', '-static', join(PROGRAMS, 'values.cpp'), '-o', image);
      program = new Program(SymbolFile.open({ source: FileByteSource.open(image) }));
    });

    it('one line each', () =>
      check(program, {
        object: "kernel::Derived: {{field = 1}, {other = 2}, letter = 120 'x', on = true}",
        'object.field + object.other': 'long: 3',
        'reference.letter': "char: 120 'x'",
        box: 'kernel::Box<int, 3>: {items = [3] {4, 5, 6}, used = 2}',
        nested: 'kernel::Box<kernel::Box<char, 2>, 1>: {items = [1] {{…}}, used = 1}',
        'nested.items[0].items[1]': "char: 98 'b'",
        mode: 'kernel::Mode: on (200)',
        plain: 'kernel::Plain: LOW (-1)',
        'plain == kernel::LOW': 'int: 1',
        'mode == kernel::Mode::on': 'int: 1',
        word: 'kernel::word: 9',
        'owner.derived->field': 'int: 1',
        'owner.number': 'int: 42',
        'owner.self->self->number': 'int: 42',
        text: 'const char *: 0x… "text"',
        'kernel::Derived::count': 'int: 3',
        hidden: 'int: 77',
        nothing: 'int *: 0x0',
        moved: 'int: 5',
        '(kernel::Base *)&object': 'kernel::Base *: 0x… <object>',
        'sizeof(kernel::Derived)': 'unsigned long: 24',
        '((kernel::Second *)(char *)&object + 1)[-1].other + 0': 'long: 1',
      }));

    it('what is below', async () => {
      assert.deepEqual(await program.below('object'), [
        '(kernel::Base): object',
        '(kernel::Second): object',
        'letter: object.letter',
        'on: object.on',
      ]);
    });
  });
}
