// Files of every kind with bytes changed at random: an answer or one typed error, never a hang, never another exception. A fresh seed each run.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryByteSource } from '../../src/base/byte-source';
import { ElfFile } from '../../src/formats/elf';
import { hasTool } from '../support/compiler';
import { testSeed } from '../support/seed';
import { askEverything, random } from './ask-everything';
import { open, PROGRAMS, requireCompiler, scratch, tool } from './toolchain';

const ROUNDS = 40;
/** Of CPU time: on a busy machine the clock says nothing. */
const MOST_MS = 10_000;
const BASE = ['-O2', '-ffreestanding', '-nostdlib', '-static', '-fno-pie', '-no-pie'];

interface Subject {
  readonly title: string;
  /** The file, and one that belongs to it. */
  readonly make: (folder: string) => { readonly path: string; readonly related?: string };
}

const program = (folder: string, ...flags: string[]): string => {
  const path = join(folder, 'program.elf');
  tool('gcc', ...BASE, ...flags, ...['start.S', 'subject.c', 'other.c'].map((name) => join(PROGRAMS, name)), '-o', path);
  return path;
};
const split = (folder: string, dwarf: string): { path: string; related: string } => {
  const object = join(folder, 'subject.o');
  tool('gcc', ...BASE.slice(0, 2), '-fno-pie', '-g', dwarf, '-gsplit-dwarf', '-c', join(PROGRAMS, 'subject.c'), '-o', object);
  const path = join(folder, 'program.elf');
  tool('gcc', ...BASE, '-g', object, ...['start.S', 'other.c'].map((name) => join(PROGRAMS, name)), '-o', path);
  return { path, related: join(folder, 'subject.dwo') };
};
const shared = (folder: string): { path: string; related: string } => {
  const path = program(folder, '-g');
  const [twin, related] = [join(folder, 'twin.elf'), join(folder, 'shared.debug')];
  tool('cp', path, twin);
  tool('dwz', '-m', related, '-M', related, path, twin);
  return { path, related };
};

const SUBJECTS: readonly Subject[] = [
  { title: 'plain', make: (folder) => ({ path: program(folder, '-g') }) },
  { title: 'compressed', make: (folder) => ({ path: program(folder, '-g', '-gz') }) },
  { title: 'split DWARF 5', make: (folder) => split(folder, '-gdwarf-5') },
  { title: 'split DWARF 4', make: (folder) => split(folder, '-gdwarf-4') },
  ...(hasTool('dwz') ? [{ title: 'shared by dwz', make: shared }] : []),
  ...(hasTool('g++')
    ? [
        {
          title: 'C++',
          make: (folder: string) => {
            const path = join(folder, 'scopes.elf');
            tool('g++', ...BASE, '-g', '-fdebug-types-section', '-Wl,-eentry', join(PROGRAMS, 'scopes.cpp'), '-o', path);
            return { path };
          },
        },
      ]
    : []),
  { title: 'Rust', make: () => ({ path: join(__dirname, '../../samples/kvm-rust/kvm-rust.elf') }) },
];

describe('fuzzed debug information', function () {
  this.timeout(300_000);
  const seed = testSeed();
  before(function () {
    requireCompiler(this, 'gcc', ['-gsplit-dwarf']);
  });

  for (const [number, { title, make }] of SUBJECTS.entries()) {
    it(`${title} (HYPERSCOPE_TEST_SEED=${seed})`, async () => {
      const { path, related } = make(mkdtempSync(join(scratch(), 'fuzz-')));
      const symbols = open(path);
      const names = ['outer', 'leaf', 'pairs', 'entry', 'kvm_rust::tasks::round'];
      const addresses = names.flatMap((name) =>
        symbols.functionsByName(name).flatMap(({ ranges }) => ranges.map(({ start, end }) => (start + end) / 2n)),
      );
      const [bytes, other] = [readFileSync(path), related === undefined ? undefined : readFileSync(related)];
      const next = random(seed + number);
      for (let round = 0; round < ROUNDS; round++) {
        const inOther = other !== undefined && round % 2 === 1;
        const [mine, its] = [Uint8Array.from(bytes), other && Uint8Array.from(other)];
        change(inOther ? its! : mine, inOther ? related! : path, next, 1 + (round % 7));
        const start = process.cpuUsage();
        await askEverything(mine, addresses, (name) => (name === related && its ? new MemoryByteSource(name, its) : undefined), path);
        const { user, system } = process.cpuUsage(start);
        const took = (user + system) / 1000;
        assert.ok(took < MOST_MS, `round ${round} took ${took} ms`);
      }
    });
  }
});

/** Anywhere in the headers and in sections that are read; not in code. */
function change(bytes: Uint8Array, name: string, next: () => number, count: number): void {
  const { sections } = ElfFile.open(new MemoryByteSource(name, bytes.slice()));
  const places = sections.filter(({ name: each, size }) => size > 0 && /^\.(z?debug_|eh_frame$|symtab|strtab|gnu_debug)/.test(each));
  for (let i = 0; i < count; i++) {
    const section = places[Math.floor(next() * (places.length + 1))];
    const at = section ? section.offset + Math.floor(next() * section.size) : Math.floor(next() * 64);
    bytes[at] = Math.floor(next() * 256);
  }
}
