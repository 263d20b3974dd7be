// The process table: debug adapters that live, found by their command line.
import { readdirSync, readFileSync } from 'node:fs';

/** Ids of processes that run an adapter bundle on a pipe; only those with `mark` in their environment, which other runs have not. */
export function adapterProcesses(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return (
          command.some((part) => part.endsWith('adapter.js')) &&
          command.includes('--pipe') &&
          readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark)
        );
      } catch {
        return false; // gone meanwhile, or another user's
      }
    });
}

/** Waits for a condition on something outside of the page. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  for (const limit = Date.now() + limitMs; !(await holds()); ) {
    if (Date.now() > limit) throw new Error(`in vain waited for: ${what}`);
    await new Promise((wait) => setTimeout(wait, 25));
  }
}
