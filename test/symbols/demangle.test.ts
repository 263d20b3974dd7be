// Names from symbols against c++filt's, for every symbol of a large C++ library and of Rust's standard library: right or none, never wrong.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { demangled } from '../../src/symbols/names/demangle';
import { needs } from '../support/compiler';
import { tool } from './toolchain';

const FILTER = 'c++filt';

function filtered(symbols: readonly string[], ...options: string[]): string[] {
  const run = spawnSync(FILTER, options, { input: `${symbols.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 28 });
  return run.stdout.trim().split('\n');
}

function symbolsOf(file: string, ...options: string[]): string[] {
  const names = tool('nm', ...options, '-j', file)
    .split('\n')
    .map((line) => line.replace(/@.*$/, ''));
  return [...new Set(names)].filter((name) => /^_[ZR]/.test(name) && !name.includes('.')).slice(0, 6000);
}

function compare(symbols: readonly string[], wanted: readonly string[], least: number): void {
  let understood = 0;
  for (const [i, symbol] of symbols.entries()) {
    const name = demangled(symbol);
    if (name === symbol) continue;
    assert.equal(name, wanted[i], symbol);
    understood++;
  }
  assert.ok(symbols.length > 100 && understood >= symbols.length * least, `${understood} of ${symbols.length} are understood`);
}

describe('names of symbols', () => {
  it('C++: as c++filt -p, or none', function () {
    needs(this, FILTER, 'nm', 'g++');
    const library = tool('g++', '-print-file-name=libstdc++.so').trim();
    const symbols = symbolsOf(library, '-D', '--defined-only');
    compare(symbols, filtered(symbols, '-p', '-i'), 0.5);
  });

  it('Rust: as c++filt, or none', function () {
    needs(this, FILTER, 'nm', 'rustc');
    const libraries = join(tool('rustc', '--print', 'sysroot').trim(), 'lib/rustlib/x86_64-unknown-linux-gnu/lib');
    const standard = existsSync(libraries) ? readdirSync(libraries).find((name) => /^libstd-.*\.so$/.test(name)) : undefined;
    if (standard === undefined) this.skip();
    const symbols = symbolsOf(join(libraries, standard!), '-D', '--defined-only');
    compare(symbols, filtered(symbols, '-s', 'rust', '-i'), 0.5);
  });

  it('by hand', () => {
    const cases: Readonly<Record<string, string>> = {
      main: 'main',
      _ZN6kernel7Derived5countE: 'kernel::Derived::count',
      _ZNK6kernel7Derived3getEv: 'kernel::Derived::get',
      _ZN6kernel5twiceIiEET_S1_: 'kernel::twice<int>',
      _ZN6kernel3BoxIiLj3EEC2Ev: 'kernel::Box<int, 3u>::Box',
      _ZTV4Base: 'vtable for Base',
      _Z4funcv: 'func',
      '_Z4funcv.cold': 'func [clone .cold]',
      _ZN12_GLOBAL__N_16hiddenE: '(anonymous namespace)::hidden',
      _ZN4core3fmt5write17h0123456789abcdefE: 'core::fmt::write',
      '_ZN61_$LT$core..ops..range..Range$LT$T$GT$$u20$as$u20$Iterator$GT$4next17h0123456789abcdefE':
        '<core::ops::range::Range<T> as Iterator>::next',
      _RNvCs1234_7mycrate3foo: 'mycrate::foo',
      _RINvCs1234_7mycrate3fooNtB2_3BarE: 'mycrate::foo::<mycrate::Bar>',
      _ZN6kernel: '_ZN6kernel',
      _Z: '_Z',
      _R: '_R',
    };
    for (const [symbol, name] of Object.entries(cases)) assert.equal(demangled(symbol), name);
  });
});
