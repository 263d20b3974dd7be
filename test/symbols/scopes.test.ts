// Names with scopes (C++): qualified names of functions and variables, base classes, references.

import assert from 'node:assert/strict';
import type { SymbolFile } from '../../src/symbols/symbol-file';
import { typeName } from '../../src/symbols/type-name';
import { build, open, requireCompiler } from './toolchain';

for (const compiler of ['g++', 'clang++']) {
  describe(`names with scopes: ${compiler}`, () => {
    let symbols: SymbolFile;
    before(function () {
      requireCompiler(this, compiler);
      symbols = open(build(compiler, ['-g', '-O0', '-c', '-fno-pie', '-ffreestanding'], ['scopes.cpp']));
    });

    it('functions are found by their qualified name, or its end', () => {
      for (const name of [
        'kernel::Derived::get',
        'Derived::get',
        'kernel::twice<int>',
        compiler === 'g++' ? 'kernel::twice<long int>' : 'kernel::twice<long>',
      ]) {
        assert.equal(symbols.functionsByName(name).length, 1, name);
        assert.equal(symbols.functionBreakpoints(name).length, 1, name);
      }
      assert.deepEqual(
        symbols
          .functionsByName('get')
          .map(({ name }) => name)
          .sort(),
        ['kernel::Base::get', 'kernel::Derived::get'],
      );
      const [get] = symbols.functionsByName('kernel::Derived::get');
      assert.equal(get?.linkageName, '_ZNK6kernel7Derived3getEv');
      assert.equal(symbols.inlineChain(get!.breakpointAddress)[0]?.name, 'kernel::Derived::get');
    });

    it('types have base classes and references', () => {
      const derived = symbols.typeByName('struct kernel::Derived');
      assert.ok(derived?.kind === 'struct');
      assert.deepEqual(
        derived.members.map(({ name, type, bitOffset, inherited }) => [name, typeName(type), bitOffset, inherited]),
        [
          ['', 'kernel::Base', 0, true],
          ['field', compiler === 'g++' ? 'long int' : 'long', 64, false],
        ],
        'a static member is no part of the object',
      );
      const entry = symbols.functionsByName('entry')[0]!;
      const [frame] = symbols.inlineChain(entry.breakpointAddress);
      assert.deepEqual(
        frame?.variables().map(({ name, type }) => [name, typeName(type)]),
        [
          ['object', 'const kernel::Derived &'],
          ['mode', 'kernel::Mode'],
        ],
      );
      const mode = symbols.typeByName('enum kernel::Mode');
      assert.ok(mode?.kind === 'enum' && mode.size === 1 && !mode.signed && mode.enumerators[1]?.value === 200n);
    });

    it('a static member is a global of its class', () => {
      assert.equal(symbols.globals('count').length, 1);
      assert.equal(symbols.globals('kernel::Derived::count').length, 1);
    });
  });
}
