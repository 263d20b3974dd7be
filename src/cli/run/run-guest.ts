// One run of a guest: a host is made, driven to its end, and everything that was asked for is written.
import { LAUNCH_DEFAULTS } from '../../dap/launch/defaults';
import { InProcessControl } from '../../debug/host-link/in-process';
import { packSnapshot, unpackSnapshot } from '../../debug/host-link/snapshot-file';
import { PROFILE_DEFAULTS } from '../../debug/profile/collector';
import type { ControlEvent, ExitInfo } from '../../machine/control/types';
import { cliErrors } from '../errors';
import { readInput } from '../files/input-file';
import { OutputFile } from '../files/output-file';
import { ConsoleOutput } from './console-output';
import { ConsoleView } from './console-view';
import { type GuestOptions, guestsOf } from './guests';
import { hostConfig } from './host-config';
import { ProfileFile } from './profile';
import { regionsText } from './regions-text';
import type { RunOptions } from './run-options';
import type { Say } from './say';
import { readScript, stdinIsTerminal } from './standard-input';
import { type RunOutcome, statsJson } from './stats';
import { TraceFile } from './trace-file';
import { typeOn } from './type-on';
import { watchConsole } from './watch-console';

const INTERRUPTED: RunOutcome = { reason: 'interrupted', code: 130 };

export async function runGuest(options: RunOptions, say: Say): Promise<number> {
  const control = new InProcessControl(hostConfig(options));
  const { core } = control;
  // All files are opened before anything runs: a bad path is told at once.
  const trace = options.trace === undefined ? undefined : new TraceFile(options.trace);
  const stats = options.stats === undefined ? undefined : new OutputFile('statistics', options.stats);
  const regions = options.regions === undefined ? undefined : new OutputFile('the compiled regions', options.regions);
  const record = options.record === undefined ? undefined : new OutputFile('the input log', options.record);
  const guests = guestsOf(options);
  const files = guests.map(({ serial }) => (serial === undefined ? undefined : new OutputFile('what the serial port sends', serial)));
  const saves: Save[] = options.saveAt.map(({ at, path }) => ({ ...at, file: new OutputFile('the saved state', path), done: false }));
  if (options.from !== undefined) core.restore(unpackSnapshot(readInput('the saved state', options.from)));
  trace?.follow(core.host.recorder);
  const profile =
    options.profile === undefined
      ? undefined
      : await ProfileFile.start(
          control,
          options.profile,
          { ...options.profileEvery, stackBytes: PROFILE_DEFAULTS.stackBytes },
          guests.map(({ image, symbols, fastBoot }) => ({ image, symbolFiles: symbols, fastBoot })),
          say,
        );
  await control.setStopOn({ tripleFault: false, haltedForever: false });
  if (options.history !== undefined) await control.record(options.history);
  const typedOn = Math.max(
    0,
    guests.findIndex(({ name }) => name === options.consoleOf),
  );
  const interactive = await giveInput(control, options, typedOn, say);
  await control.setPace(options.pace ?? (interactive ? LAUNCH_DEFAULTS.pace : LAUNCH_DEFAULTS.paceOnCommandLine));

  const outcome = await new Promise<RunOutcome>((end, fail) => {
    const interrupt = () => void control.pause().then(() => end(INTERRUPTED), fail);
    const output = new ConsoleOutput(interrupt);
    const restoreTerminal = interactive ? typeOn(control, typedOn, interrupt, say) : () => {};
    const shown = guests.map(({ name }, index) => {
      const file = files[index];
      const serial = file === undefined ? undefined : (bytes: Uint8Array) => file.writeBytes(bytes);
      return { name, serial, shown: options.consoleOf === undefined || options.consoleOf === name };
    });
    const view = new ConsoleView(shown, (bytes) => output.write(bytes), interactive ? typedOn : undefined);
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt).once('exit', restoreTerminal);
    control.driver.onFailure(fail);
    control.onEvent((event) => show(event, view, guests, say, end));
    if (options.until !== undefined)
      watchConsole(control, options.until, () => void control.pause().then(() => end({ reason: 'until', code: 0 }), fail));
    void run(control, saves).catch(fail);
  }).finally(() => control.dispose());

  await profile?.end(guests.map(({ image }) => image).join(', '), say);
  const statistics = core.statistics();
  trace?.end(statistics.virtualNs);
  for (const file of files) file?.close();
  if (regions !== undefined) {
    regions.write(await regionsText(core.host.vms.map(({ engine }) => engine.regionReports())));
    regions.close();
  }
  record?.write(core.inputLog());
  record?.close();
  for (const save of saves) finish(save, say);
  if (stats !== undefined) {
    const { user, system } = process.cpuUsage();
    stats.write(statsJson(outcome, statistics, core.digest(), (user + system) / 1e6));
    stats.close();
  }
  return outcome.code;
}

interface Save {
  readonly vcpu: number;
  readonly retired: number;
  readonly file: OutputFile;
  done: boolean;
}

/** To each place to save at, then on. The end comes as an event. */
async function run(control: InProcessControl, saves: readonly Save[]): Promise<void> {
  const { core } = control;
  for (const save of saves) {
    const { vcpu, retired, file } = save;
    await control.runTo(0, vcpu, retired);
    if (core.host.stop?.reason.kind !== 'limit') return;
    if (core.host.vcpu(0, vcpu).retired() !== retired) throw cliErrors.positionPast(retired);
    file.writeBytes(packSnapshot(core.save()));
    save.done = true;
  }
  await control.resume();
}

function finish({ done, file, vcpu, retired }: Save, say: Say): void {
  if (done) file.close();
  else {
    file.discard();
    say(`nothing was saved at ${vcpu}:${retired}: the run ended before vCPU ${vcpu} had retired so many instructions`);
  }
}

function show(event: ControlEvent, view: ConsoleView, guests: readonly GuestOptions[], say: Say, end: (outcome: RunOutcome) => void): void {
  switch (event.kind) {
    case 'console':
      view.put(event.vm, event.stream, event.bytes);
      break;
    case 'vm-ended':
      say(`${guests[event.vm]?.name}: ${event.exit.text}`);
      break;
    case 'message':
      say(event.text);
      break;
    case 'exited':
      view.end();
      end(endOf(event.exit, say));
      break;
    default:
  }
}

function endOf(exit: ExitInfo, say: Say): RunOutcome {
  // The guest's own status speaks for itself; everything else is said.
  if (exit.reason !== 'debug-exit') say(exit.text);
  return { reason: exit.reason, code: exit.code };
}

/** True: a person types. */
async function giveInput({ core }: InProcessControl, options: RunOptions, vm: number, say: Say): Promise<boolean> {
  const interactive = options.replay === undefined && stdinIsTerminal();
  core.setInputOpen(interactive);
  if (options.replay !== undefined) core.replay(new TextDecoder().decode(readInput('the input log', options.replay)), options.replay);
  else if (!interactive)
    core.input(vm, await readScript(() => say('standard input is a script: waiting for its end before the guest starts')));
  return interactive;
}
