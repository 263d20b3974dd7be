// What the browser suites share: the sample in a workbench of its own, started by F5 and stopped at a line of main.c; and its end.
import { rmSync } from 'node:fs';
import { vsixPath } from '../../../src/build/paths';
import { keepFailure, logFile } from './evidence';
import { copySample, type Sample } from './sample';
import { type Server, startServer } from './server';
import { Workbench } from './workbench';

export interface StoppedSample {
  readonly sample: Sample;
  readonly workbench: Workbench;
  /** The log of the extension, with every message of the protocol. */
  readonly log: string;
}

export interface StoppedSampleOptions {
  /** Of its log. */
  suite: string;
  /** Text of the line in main.c where a breakpoint is set and met; without it nothing is started. */
  place: string | undefined;
  /** Changes every configuration of launch.json. */
  launch?: Record<string, unknown>;
  settings?: Record<string, unknown>;
  width?: number;
  height?: number;
}

/** To be called in a `describe`: sets up before its tests, keeps what failed, and ends everything after them. */
export function stoppedSample({ suite, place, launch = {}, settings, ...size }: StoppedSampleOptions): StoppedSample {
  let sample: Sample | undefined;
  let server: Server | undefined;
  let workbench: Workbench | undefined;
  const log = logFile(suite);

  before(async () => {
    rmSync(log, { force: true });
    sample = copySample((configuration) => Object.assign(configuration, launch));
    const env = { HYPERSCOPE_LOG_FILE: log, HYPERSCOPE_TEST_MARK: sample.folder };
    server = await startServer({ vsix: process.env.HYPERSCOPE_TEST_VSIX || vsixPath, env, ...(settings && { settings }) });
    const line = place === undefined ? 1 : sample.line('main.c', place);
    workbench = await Workbench.open(server, { folder: sample.folder, file: sample.file('main.c'), line, ...size });
    if (place === undefined) return;
    try {
      await workbench.setBreakpoint(line);
      await workbench.page.keyboard.press('F5');
      await workbench.stoppedAt('main.c');
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
    sample?.dispose();
  });

  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('only within a test');
    return value;
  };
  return {
    log,
    get sample() {
      return there(sample);
    },
    get workbench() {
      return there(workbench);
    },
  };
}
