// One run of a guest: a host is made, driven to its end, and everything that was asked for is written.
import { ControlCore } from '../../machine/control/control-core';
import type { ControlEvent } from '../../machine/control/types';
import { CONSOLE_STREAMS, TraceKind } from '../../trace/rows';
import { OutputFile } from '../files/output-file';
import { readInput } from '../files/input-file';
import { defaultParts } from '../../machine/control/default-parts';
import { ConsoleOutput } from './console-output';
import { Driver } from './driver';
import { hostConfig } from './host-config';
import { Keyboard } from './keyboard';
import type { RunOptions } from './options';
import { ProcessTime } from './real-time';
import { listenToKeys, readScript, stdinIsTerminal } from './standard-input';
import { type RunOutcome, statsJson } from './stats';
import { TraceFile } from './trace-file';
import { UntilText } from './until';

/** A line for the person who runs us, beside the guest's console. */
export type Say = (text: string) => void;

export async function runGuest(options: RunOptions, say: Say): Promise<number> {
  const core = new ControlCore(hostConfig(options), defaultParts());
  // All files are opened before anything runs: a bad path is told at once.
  const trace = options.trace === undefined ? undefined : new TraceFile(options.trace);
  const stats = options.stats === undefined ? undefined : new OutputFile('statistics', options.stats);
  const record = options.record === undefined ? undefined : new OutputFile('the input log', options.record);
  const saves = options.saveAt.map(({ at, path }) => ({ ...at, file: new OutputFile('the saved state', path) }));
  const output = new ConsoleOutput();
  core.onEvent((event) => show(event, output, say));
  core.setStopOn({ tripleFault: false, haltedForever: false });
  if (options.from !== undefined) core.restore(readInput('the saved state', options.from));
  trace?.follow(core.host.recorder);
  const until = options.until === undefined ? undefined : watchFor(core, options.until);
  const interactive = giveInput(core, options, say);

  const driver = new Driver(driven(core), new ProcessTime(), {
    pace: options.pace,
    saves: saves.map(({ vcpu, retired, file }) => ({ vcpu, retired, save: () => file.writeBytes(core.save()) })),
    afterSlice: () => {
      output.flush();
      if (output.closed) driver.interrupt();
      return until?.seen === true;
    },
  });
  const release = interactive ? typeOn(driver, say) : () => {};
  const stop = () => driver.interrupt();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let outcome: RunOutcome;
  try {
    outcome = await driver.run();
  } finally {
    release();
    process.off('SIGINT', stop).off('SIGTERM', stop);
    output.flush();
  }
  const statistics = core.statistics();
  trace?.end(statistics.virtualNs);
  record?.write(core.inputLog());
  record?.close();
  for (const { file } of saves) file.close();
  if (stats !== undefined) {
    const { user, system } = process.cpuUsage();
    stats.write(statsJson(outcome, statistics, core.digest(), (user + system) / 1e6));
    stats.close();
  }
  return outcome.code;
}

function show(event: ControlEvent, output: ConsoleOutput, say: Say): void {
  if (event.kind === 'console') for (const byte of event.bytes) output.byte(byte);
  if (event.kind === 'message') say(event.text);
  if (event.kind === 'exited' && event.exit.reason !== 'debug-exit') say(event.exit.text);
}

/** The core as the driver sees it. */
function driven(core: ControlCore): ConstructorParameters<typeof Driver>[0] {
  return {
    runSlice: (budgetNs, horizonNs) => core.advance(budgetNs, horizonNs),
    goOn: (how) => core.resume(how),
    get stop() {
      return core.host.stop;
    },
    get exit() {
      return core.host.exit;
    },
    loop: core.host.loop,
    inputs: { console: (vm, bytes, notBeforeNs) => core.input(vm, bytes, notBeforeNs) },
  };
}

/** Ends the run right after the instruction that completes the text, so that the state there is the same in every run. */
function watchFor(core: ControlCore, text: string): { readonly seen: boolean } {
  const streams = CONSOLE_STREAMS.map(() => new UntilText(text));
  const watch = { seen: false };
  core.host.recorder.addSink((kind, event) => {
    if (kind !== TraceKind['console-output']) return;
    const { vm, fields } = event();
    if (!streams[CONSOLE_STREAMS.indexOf(fields.stream as (typeof CONSOLE_STREAMS)[number])]?.byte(Number(fields.byte))) return;
    watch.seen = true;
    core.host.vms[vm]?.engine.requestLeave();
  });
  core.host.pauseWanted = () => watch.seen;
  return watch;
}

/** True: a person types. */
function giveInput(core: ControlCore, options: RunOptions, say: Say): boolean {
  const interactive = options.replay === undefined && stdinIsTerminal();
  core.setInputOpen(interactive);
  if (options.replay !== undefined) core.replay(new TextDecoder().decode(readInput('the input log', options.replay)), options.replay);
  else if (!interactive) core.input(0, readScript(() => say('standard input is a script: waiting for its end before the guest starts')));
  return interactive;
}

function typeOn(driver: Driver, say: Say): () => void {
  const keyboard = new Keyboard();
  say('Ctrl-A x ends the guest');
  return listenToKeys((typed) => {
    const { bytes, quit } = keyboard.keys(typed);
    if (bytes.length > 0) driver.type(bytes);
    if (quit) driver.interrupt();
  });
}
