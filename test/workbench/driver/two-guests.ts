// A workspace whose launch.json starts two VMs that share one physical CPU: where nothing else is said, one computes, the other spends its time in exits.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../src/build/paths';
import { guestTest } from '../../support/guests';
import type { Workbench } from './workbench';
import { type World, world } from './world';

/** Guests of test/guests; a VM has the name without "busy-". */
type GuestName = 'busy-computes' | 'busy-exits' | 'tick-clocks';

export interface TwoGuests {
  folder: string;
  /** Source of one of them. */
  source(name: GuestName): string;
  /** Writes launch.json anew: the next F5 is with these settings beside those that are always there. */
  launchWith(settings: Record<string, unknown>): void;
  dispose(): void;
}

/** What is waited for comes in the end, on a busy machine late. */
export const PATIENCE_MS = 100_000;

/** Both in a workbench of their own, started by F5, with a breakpoint on a line of one of them. To be called in a `describe`. */
export function twoRunningGuests(
  suite: string,
  { guest, place, launch = {}, names = ['busy-computes', 'busy-exits'] }: RunningGuests,
): World<TwoGuests> {
  const lineOf = (two: TwoGuests) => readFileSync(two.source(guest), 'utf8').split(place)[0]!.split('\n').length;
  return world({
    suite,
    make: () => {
      const two = twoGuests(names);
      two.launchWith(launch);
      return two;
    },
    // High enough for the stacks of both.
    open: (two) => ({ file: two.source(guest), line: lineOf(two), height: 1300 }),
    begin: async (workbench, two) => {
      workbench.page.setDefaultTimeout(PATIENCE_MS);
      await workbench.setBreakpoint(lineOf(two));
      await workbench.page.keyboard.press('F5');
    },
  });
}

interface RunningGuests {
  guest: GuestName;
  /** Text of the line in its source. */
  place: string;
  /** Of launch.json. */
  launch?: Record<string, unknown>;
  names?: readonly GuestName[];
}

/** Rows of the call stack, where sessions are above each other. */
export function sessionRows(workbench: () => Workbench) {
  const row = (text: string | RegExp) => workbench().page.locator('.debug-call-stack .monaco-list-row').filter({ hasText: text }).first();
  const session = (name: string) => row(new RegExp(`^\\s*${name}`));
  return {
    session,
    /** Until the row of a session says so. */
    says: (name: string, text: RegExp) => session(name).filter({ hasText: text }).waitFor(),
    /** On the menu of the session's row; its row has buttons under the pointer, so by its name. */
    menu: (name: string, entry: string) => workbench().chooseFromMenu(session(name).locator('.name'), entry),
  };
}

function twoGuests(names: readonly GuestName[]): TwoGuests {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-two-'));
  mkdirSync(join(folder, '.vscode'));
  for (const name of names) copyFileSync(guestTest(name), join(folder, `${name}.elf`));
  const guests = names.map((name) => ({ name: name.replace('busy-', ''), image: `\${workspaceFolder}/${name}.elf` }));
  const launchWith = (settings: Record<string, unknown>): void => {
    const configuration = {
      type: 'hyperscope',
      request: 'launch',
      name: 'Two VMs',
      memory: '32M',
      pcpus: 1,
      pace: 'fast',
      ...settings,
      guests,
    };
    writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations: [configuration] }, null, 2));
  };
  launchWith({});
  return {
    folder,
    source: (name) => join(root, 'test/guests', `${name}.c`),
    launchWith,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
