// The sample in a workbench of its own, started by F5 and stopped at a line of main.c.
import { copySample, type Sample } from './sample';
import type { Workbench } from './workbench';
import { world } from './world';

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

/** To be called in a `describe`. */
export function stoppedSample({ suite, place, launch = {}, settings, ...size }: StoppedSampleOptions): StoppedSample {
  const lineOf = (sample: Sample): number => (place === undefined ? 1 : sample.line('main.c', place));
  const made = world({
    suite,
    make: () => copySample((configuration) => Object.assign(configuration, launch)),
    ...(settings && { settings }),
    open: (sample) => ({ file: sample.file('main.c'), line: lineOf(sample), ...size }),
    begin: async (workbench, sample) => {
      if (place === undefined) return;
      await workbench.setBreakpoint(lineOf(sample));
      await workbench.page.keyboard.press('F5');
      await workbench.stoppedAt('main.c');
    },
  });
  return {
    log: made.log,
    get sample() {
      return made.guest;
    },
    get workbench() {
      return made.workbench;
    },
  };
}
