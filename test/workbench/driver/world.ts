// What every browser suite has: a folder, a workbench server with the packaged extension, and a page of it; set up before its tests, kept where something failed, ended after them.
import { rmSync } from 'node:fs';
import { vsixPath } from '../../../src/build/paths';
import { needs } from '../../support/compiler';
import { keepFailure, logFile } from './evidence';
import { type Server, startServer } from './server';
import { type OpenOptions, Workbench } from './workbench';

interface Folder {
  readonly folder: string;
  dispose(): void;
}

export interface World<F extends Folder> {
  /** What was made for the suite, with its folder. */
  readonly guest: F;
  readonly workbench: Workbench;
  /** The log of the extension, with every message of the protocol. */
  readonly log: string;
}

export interface WorldOptions<F extends Folder> {
  /** Of its log. */
  suite: string;
  make(): F;
  /** Without these programs the suite is passed over. */
  tools?: readonly string[];
  settings?: Record<string, unknown>;
  /** What is opened beside the folder. */
  open(guest: F): Omit<OpenOptions, 'folder'>;
  /** Done before the tests. */
  begin?(workbench: Workbench, guest: F): Promise<void>;
}

/** To be called in a `describe`. */
export function world<F extends Folder>({ suite, make, tools = [], settings, open, begin }: WorldOptions<F>): World<F> {
  let guest: F | undefined;
  let server: Server | undefined;
  let workbench: Workbench | undefined;
  const log = logFile(suite);

  before(async function () {
    needs(this, ...tools);
    rmSync(log, { force: true });
    guest = make();
    const env = { HYPERSCOPE_LOG_FILE: log, HYPERSCOPE_TEST_MARK: guest.folder };
    server = await startServer({ vsix: process.env.HYPERSCOPE_TEST_VSIX || vsixPath, env, ...(settings && { settings }) });
    workbench = await Workbench.open(server, { folder: guest.folder, ...open(guest) });
    try {
      await begin?.(workbench, guest);
    } catch (error) {
      await keepFailure(workbench, `${suite} before its tests`);
      throw error;
    }
  });
  afterEach(async function () {
    if (workbench && this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    guest?.dispose();
  });

  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('only within a test');
    return value;
  };
  return {
    log,
    get guest() {
      return there(guest);
    },
    get workbench() {
      return there(workbench);
    },
  };
}
