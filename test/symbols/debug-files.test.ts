// Debug information that is compressed, split into .dwo files and packages, shared by dwz or kept in a file apart tells the same as the
// plain one: whole portraits of a program are compared.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasTool, needs } from '../support/compiler';
import { type Portrait, portraitOf } from './portrait';
import { FREESTANDING, freestanding, open, PROGRAMS, requireCompiler, scratch, tool } from './toolchain';

const FUNCTIONS = ['outer', 'leaf', 'entry_value_of', 'twice', 'pairs', 'drop', 'use_hidden', '_start', 'fail'];
const TYPES = ['struct task', 'struct hidden', 'enum color', 'struct pair', 'int', 'struct nothing'];
const GLOBALS = ['root_task', 'counter', 'calls', 'sink'];

const portrait = (path: string, debugDirectories: readonly string[] = []): Promise<Portrait> =>
  portraitOf(open(path, { debugDirectories }), FUNCTIONS, TYPES, GLOBALS);
const folder = (): string => mkdtempSync(join(scratch(), 'files-'));
const copy = (path: string, name = 'program.elf'): string => {
  const to = join(folder(), name);
  copyFileSync(path, to);
  return to;
};

const DWARFS = ['-gdwarf-5', '-gdwarf-4'];
const LINK = ['-ffreestanding', '-nostdlib', '-static', '-Wl,-Ttext=0x100000', '-Wl,--build-id'];
const position = (compiler: string): string[] => ['-fno-pie', compiler === 'clang' ? '-Wl,-no-pie' : '-no-pie'];

/** Objects in a folder of their own, so that .dwo files are there too. */
function objects(compiler: string, flags: readonly string[], sources = FREESTANDING): { readonly path: string; readonly at: string } {
  const at = folder();
  const made = sources.map((source) => {
    const object = join(at, source.replace(/\.\w+$/, '.o'));
    tool(compiler, '-c', '-O2', '-ffreestanding', '-fno-pie', ...flags, join(PROGRAMS, source), '-o', object);
    return object;
  });
  const path = join(at, 'program.elf');
  tool(compiler, ...position(compiler), ...LINK, ...made, '-o', path);
  return { path, at };
}

/** gcc's split location lists of DWARF 4 are two bytes short behind calls (it writes the length as end - start - 1 - 1): not to be compared. */
const levelFor = (compiler: string, dwarf: string): string => (compiler === 'gcc' && dwarf === '-gdwarf-4' ? '-O0' : '-O2');

/** Packs a program's .dwo files. binutils' dwp knows no DWARF 5, LLVM's does not end on gcc's; false where none can. */
function pack(compiler: string, dwarf: string, path: string, to: string): boolean {
  const packers = dwarf === '-gdwarf-4' ? ['dwp'] : compiler === 'clang' ? ['llvm-dwp', 'llvm-dwp-14'] : [];
  const packer = packers.find(hasTool);
  if (packer) tool(packer, '-e', path, '-o', to);
  return packer !== undefined;
}

describe('compressed debug sections', () => {
  for (const kind of ['zlib-gabi', 'zlib-gnu', 'zstd']) {
    it(`${kind}: the same portrait`, async function () {
      requireCompiler(this, 'gcc');
      needs(this, 'objcopy');
      const plain = freestanding('gcc', ['-g', '-O2', '-gdwarf-5']);
      const packed = copy(plain);
      try {
        tool('objcopy', `--compress-debug-sections=${kind}`, packed);
      } catch {
        console.log(`      not run: objcopy knows no ${kind}`);
        this.skip();
      }
      const names = open(packed).elf.sections.filter((each) => (each.flags & 0x800) !== 0 || each.name.startsWith('.zdebug_'));
      assert.ok(names.length > 3, 'it is compressed');
      assert.deepEqual(await portrait(packed), await portrait(plain));
    });
  }

  it('in object files, which are relocated after they are unpacked', async function () {
    requireCompiler(this, 'gcc', ['-gz']);
    const at = folder();
    const compile = (...flags: string[]): string => {
      const object = join(at, `subject${flags.join('')}.o`);
      tool('gcc', '-c', '-g', '-O2', ...flags, join(PROGRAMS, 'subject.c'), '-o', object);
      return object;
    };
    assert.deepEqual(await portrait(compile('-gz')), await portrait(compile()));
  });
});

describe('split DWARF', () => {
  for (const compiler of ['gcc', 'clang']) {
    for (const dwarf of DWARFS) {
      it(`${compiler} ${dwarf}: .dwo files beside the objects, then moved, then in a package`, async function () {
        this.timeout(300_000);
        requireCompiler(this, compiler, ['-gsplit-dwarf']);
        const level = levelFor(compiler, dwarf);
        const whole = await portrait(objects(compiler, ['-g', dwarf, level]).path);
        const { path, at } = objects(compiler, ['-g', dwarf, level, '-gsplit-dwarf']);
        assert.deepEqual(open(path).problems, []);
        assert.deepEqual(await portrait(path), whole);

        const isPacked = pack(compiler, dwarf, path, join(at, 'packed.dwp'));

        const elsewhere = folder();
        for (const name of ['subject.dwo', 'other.dwo']) renameSync(join(at, name), join(elsewhere, name));
        const alone = open(path);
        const [problem] = alone.problems;
        assert.equal(problem?.id, 'dwarf-missing-dwo');
        assert.match(problem.message, /subject\.dwo was not found \(looked for .*debugDirectories/);
        assert.equal(alone.lineAt(alone.symbolAddress('outer')!)?.file, join(PROGRAMS, 'subject.c'), 'lines stay with the program');
        assert.deepEqual(await portrait(path, [elsewhere]), whole);

        if (isPacked) {
          renameSync(join(at, 'packed.dwp'), `${path}.dwp`);
          assert.deepEqual(await portrait(path), whole);
        }
      });
    }
  }

  it('with type units, in .dwo files and in a package', async function () {
    this.timeout(300_000);
    requireCompiler(this, 'gcc', ['-gsplit-dwarf', '-fdebug-types-section']);
    for (const dwarf of DWARFS) {
      const level = levelFor('gcc', dwarf);
      const whole = await portrait(objects('gcc', ['-g', dwarf, level]).path);
      const { path, at } = objects('gcc', ['-g', dwarf, level, '-gsplit-dwarf', '-fdebug-types-section']);
      assert.deepEqual(await portrait(path), whole);
      if (!pack('gcc', dwarf, path, `${path}.dwp`)) continue;
      for (const name of ['subject.dwo', 'other.dwo']) rmSync(join(at, name));
      assert.deepEqual(await portrait(path), whole);
    }
  });

  it('a .dwo file of another build is not used', function () {
    requireCompiler(this, 'gcc', ['-gsplit-dwarf']);
    const { path, at } = objects('gcc', ['-g', '-gsplit-dwarf']);
    tool('gcc', '-c', '-g', '-gsplit-dwarf', '-O0', '-DOTHER', join(PROGRAMS, 'subject.c'), '-o', join(at, 'subject.o'));
    assert.equal(open(path).problems[0]?.id, 'dwarf-missing-dwo');
  });
});

describe('debug information in a file apart', () => {
  const split = (): { readonly plain: string; readonly stripped: string; readonly debug: string } => {
    const plain = freestanding('gcc', ['-g', '-O2', '-gdwarf-5']);
    const stripped = copy(plain);
    const debug = join(folder(), 'program.debug');
    tool('objcopy', '--only-keep-debug', stripped, debug);
    tool('objcopy', '--strip-all', `--add-gnu-debuglink=${debug}`, stripped);
    return { plain, stripped, debug };
  };

  before(function () {
    requireCompiler(this, 'gcc');
    needs(this, 'objcopy');
  });

  it('by .gnu_debuglink: beside the program, in .debug, in a named folder', async () => {
    const { plain, stripped, debug } = split();
    const whole = await portrait(plain);
    assert.equal(open(stripped).problems[0]?.id, 'debug-file-missing');
    assert.match(open(stripped).problems[0]!.message, /split off into program\.debug, was not found \(looked for .*debugDirectories/);
    assert.deepEqual(await portrait(stripped, [join(debug, '..')]), whole);
    const beside = join(stripped, '..');
    mkdirSync(join(beside, '.debug'));
    copyFileSync(debug, join(beside, '.debug', 'program.debug'));
    assert.deepEqual(await portrait(stripped), whole);
    renameSync(join(beside, '.debug', 'program.debug'), join(beside, 'program.debug'));
    assert.deepEqual(await portrait(stripped), whole);
  });

  it('by its build-id', async () => {
    const { plain, stripped, debug } = split();
    const id = open(plain).buildId!;
    const store = folder();
    mkdirSync(join(store, '.build-id', id.slice(0, 2)), { recursive: true });
    copyFileSync(debug, join(store, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`));
    assert.deepEqual(await portrait(stripped, [store]), await portrait(plain));
  });

  it('without build-ids the checksum of the link decides', async () => {
    const { plain, stripped, debug } = split();
    for (const path of [stripped, debug]) tool('objcopy', '--remove-section=.note.gnu.build-id', path);
    tool('objcopy', '--remove-section=.gnu_debuglink', stripped);
    tool('objcopy', `--add-gnu-debuglink=${debug}`, stripped);
    const [answer, wanted] = [await portrait(stripped, [join(debug, '..')]), await portrait(plain)];
    assert.deepEqual(answer, wanted);
    const bytes = readFileSync(debug);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(debug, bytes);
    assert.equal(open(stripped, { debugDirectories: [join(debug, '..')] }).problems[0]?.id, 'debug-file-missing');
  });
});

describe('dwz', () => {
  before(function () {
    requireCompiler(this, 'gcc');
    needs(this, 'dwz');
  });

  it('partial units that dwz makes in one file', async () => {
    const at = folder();
    const plain = join(at, 'plain.elf');
    copyFileSync(objects('gcc', ['-g', '-gdwarf-4']).path, plain);
    const small = join(at, 'small.elf');
    tool('dwz', '-l', 'none', plain, '-o', small);
    assert.deepEqual(await portrait(small), await portrait(plain));
  });

  for (const [title, flags, options] of [
    ['.gnu_debugaltlink', ['-g', '-gdwarf-4'], []],
    ['.gnu_debugaltlink of DWARF 5', ['-g', '-gdwarf-5'], []],
    ['.debug_sup', ['-g', '-gdwarf-5'], ['--dwarf-5']],
  ] as const) {
    it(`what two programs share: ${title}`, async () => {
      const at = folder();
      const plain = objects('gcc', flags).path;
      const [one, two] = [join(at, 'one.elf'), join(at, 'two.elf')];
      for (const each of [one, two]) copyFileSync(plain, each);
      const shared = join(at, 'shared.debug');
      tool('dwz', ...options, '-m', shared, '-M', shared, one, two);
      const whole = await portrait(plain);
      assert.deepEqual(open(one).problems, []);
      assert.deepEqual(await portrait(one), whole);
      // Found again where it was moved to, not without.
      const elsewhere = folder();
      renameSync(shared, join(elsewhere, 'shared.debug'));
      assert.deepEqual(await portrait(one, [elsewhere]), whole);
      const alone = open(one);
      alone.functionsByName('outer').map(({ ranges }) => alone.functionType(ranges[0]!.start));
      alone.typeByName('struct task');
      assert.equal(alone.problems[0]?.id, 'dwarf-missing-supplement');
    });
  }
});
