// What tells that a folder builds its kernel, and how it is asked to.

export interface BuilderRow {
  /** A file in the folder. */
  readonly file: string;
  readonly command: string;
  readonly problemMatchers: readonly string[];
}

/** The first that is there is taken. */
export const BUILDERS: readonly BuilderRow[] = [
  { file: 'Makefile', command: 'make', problemMatchers: ['$hyperscope-gcc', '$hyperscope-ld'] },
  { file: 'makefile', command: 'make', problemMatchers: ['$hyperscope-gcc', '$hyperscope-ld'] },
  { file: 'GNUmakefile', command: 'make', problemMatchers: ['$hyperscope-gcc', '$hyperscope-ld'] },
  { file: 'Cargo.toml', command: 'cargo build', problemMatchers: [] },
  { file: 'build.zig', command: 'zig build', problemMatchers: ['$hyperscope-clang'] },
  {
    file: 'CMakeLists.txt',
    command: 'cmake -B build -DCMAKE_BUILD_TYPE=Debug && cmake --build build',
    problemMatchers: ['$hyperscope-gcc', '$hyperscope-ld'],
  },
  {
    file: 'meson.build',
    command: 'test -d build || meson setup build; ninja -C build',
    problemMatchers: ['$hyperscope-gcc', '$hyperscope-ld'],
  },
];
