// Programs the tests need that npm cannot bring: installed by apt when we may, named otherwise.
import { run, which } from './processes';

export interface Need {
  program: string;
  /** Debian's package. */
  package: string;
  why: string;
}
export const needs = {
  chromium: { program: 'chromium', package: 'chromium', why: 'the tests in a real workbench' },
  dwz: { program: 'dwz', package: 'dwz', why: 'the tests of debug information that files share' },
  'g++': { program: 'g++', package: 'g++', why: 'the tests of C++ names and types' },
  gcc: { program: 'gcc', package: 'gcc', why: 'the tests that build guests and the native oracle' },
  gdb: { program: 'gdb', package: 'gdb', why: 'the tests of the GDB server with the real gdb' },
  make: { program: 'make', package: 'make', why: 'the tests that build the samples' },
} as const satisfies Record<string, Need>;

/** Installs what is missing where that is possible; answers what is missing still. */
export async function provide(wanted: readonly Need[]): Promise<Need[]> {
  const missing = wanted.filter(({ program }) => !which(program));
  if (missing.length && process.getuid?.() === 0 && which('apt-get')) {
    const names = missing.map((need) => need.package);
    console.log(`installing ${names.join(', ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args: string[]) =>
      run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=400', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    await apt('update')
      .then(() => apt('install', '-y', '--no-install-recommends', ...names))
      .catch((error: unknown) => console.error(String(error)));
  }
  return wanted.filter(({ program }) => !which(program));
}
