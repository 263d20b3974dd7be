// Source paths: absolute, relative to the compile directory, to the image, and mapped.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  applySourceMap,
  commonTail,
  directoryOf,
  isAbsolutePath,
  joinPath,
  normalizePath,
  resolveCompileDirectory,
} from '../../src/symbols/paths';
import { SourcePaths } from '../../src/symbols/source-paths';
import { build, lineOf, open, PROGRAMS, requireCompiler } from './toolchain';

describe('paths', () => {
  it('are joined and cleaned', () => {
    assert.equal(joinPath('/a/b', '../c', './d.c'), '/a/c/d.c');
    assert.equal(joinPath('/a', '/b/c'), '/b/c');
    assert.equal(joinPath('', 'x/./y.c'), 'x/y.c');
    assert.equal(joinPath('..', '../a.c'), '../../a.c');
    assert.equal(joinPath('C:\\work', 'src/main.c'), 'C:\\work\\src\\main.c');
    assert.equal(joinPath('C:/work', '../x.c'), 'C:/x.c');
    assert.equal(normalizePath('/../a'), '/a');
    assert.equal(normalizePath(''), '.');
    assert.equal(directoryOf('/k.elf'), '/');
    assert.equal(directoryOf('k.elf'), '.');
    assert.equal(directoryOf('C:\\x\\k.elf'), 'C:\\x');
    assert.ok(isAbsolutePath('c:/x') && isAbsolutePath('\\\\server\\x') && !isAbsolutePath('x/y'));
  });

  it('of relative compile directories count from the image', () => {
    assert.equal(resolveCompileDirectory('/ws/samples/kvm-c', '.'), '/ws/samples/kvm-c');
    assert.equal(resolveCompileDirectory('/ws/samples/kvm-c', '../lib'), '/ws/samples/lib');
    assert.equal(resolveCompileDirectory('/ws', 'samples/x'), '/ws/samples/x');
    assert.equal(resolveCompileDirectory('/ws/samples/x', 'samples/x'), '/ws/samples/x', 'the image lies in that very directory');
    assert.equal(resolveCompileDirectory('/ws', '/abs'), '/abs');
  });

  it('are mapped by the longest prefix, whole parts only', () => {
    const map = { '/build': '/home/me', '/build/linux': '/src/linux', 'samples/x': '/ws/x' };
    assert.equal(applySourceMap(map, '/build/a.c'), '/home/me/a.c');
    assert.equal(applySourceMap(map, '/build/linux/kernel/fork.c'), '/src/linux/kernel/fork.c');
    assert.equal(applySourceMap(map, '/builder/a.c'), '/builder/a.c');
    assert.equal(applySourceMap({ 'C:\\build\\': 'D:\\here' }, 'c:/build/a.c'), 'D:\\here\\a.c');
    const paths = new SourcePaths('/images', map);
    assert.equal(
      paths.resolve('samples/x', { name: 'main.c', directory: undefined, md5: undefined }),
      '/ws/x/main.c',
      'as the compiler wrote it',
    );
    assert.equal(paths.resolve('.', { name: 'main.c', directory: 'src', md5: undefined }), '/images/src/main.c');
    assert.equal(paths.resolve('/build', { name: '/abs/x.h', directory: 'src', md5: undefined }), '/abs/x.h');
  });

  it('share tails', () => {
    assert.equal(commonTail('/a/b/c.c', '/x/b/c.c'), 2);
    assert.equal(commonTail('/a/c.c', '/a/d.c'), 0);
  });
});

describe('source files of an image compiled with relative paths', () => {
  const flags = ['-g', '-O0', '-nostdlib', '-static', '-fno-pie', '-no-pie', '-ffreestanding', `-ffile-prefix-map=${PROGRAMS}=.`];
  const sources = ['start.S', 'subject.c', 'other.c'];

  it('resolve against the image, or against the folder given', function () {
    requireCompiler(this, 'gcc');
    const image = build('gcc', flags, sources);
    assert.ok(
      open(image)
        .files()
        .includes(join(image, '..', 'subject.c')),
    );
    const symbols = open(image, { imageDirectory: '/ws/sample' });
    assert.ok(symbols.files().includes('/ws/sample/subject.c'));
    const line = lineOf('subject.c', 'call-leaf');
    assert.equal(symbols.addressesForLine('/ws/sample/subject.c', line).line, line);
    assert.equal(symbols.addressesForLine('/ws/sample/subject.c', line).locations[0]?.file, '/ws/sample/subject.c');
  });

  it('go through the source map after that', function () {
    requireCompiler(this, 'gcc');
    const symbols = open(build('gcc', flags, sources), { imageDirectory: '/ws/build', sourceMap: { '/ws/build': '/ws/src' } });
    assert.ok(symbols.files().includes('/ws/src/subject.c'));
    assert.equal(symbols.lineAt(symbols.functionsByName('outer')[0]!.breakpointAddress)?.file, '/ws/src/subject.c');
  });

  it('are found by folder and name when they were moved', function () {
    requireCompiler(this, 'gcc');
    const symbols = open(build('gcc', ['-g', '-O0', '-nostdlib', '-static', '-fno-pie', '-no-pie', '-ffreestanding'], sources));
    const line = lineOf('subject.c', 'call-leaf');
    assert.equal(symbols.addressesForLine('/moved/programs/subject.c', line).line, line);
    assert.equal(symbols.addressesForLine('/moved/subject.c', line).line, undefined, 'a name alone is not enough');
  });

  it('resolve as clang writes them', function () {
    requireCompiler(this, 'clang');
    const symbols = open(
      build(
        'clang',
        ['-g', '-O0', '-nostdlib', '-static', '-ffreestanding', '-fdebug-compilation-dir=.'],
        ['subject.c', 'start.S', 'other.c'],
      ),
      {
        imageDirectory: '/ws',
      },
    );
    assert.ok(symbols.files().includes('/ws/subject.c'), symbols.files().join(' '));
  });
});
