// One run of a comparison: a host is driven from power-on to its end (or to a text on a console) and measured. It is still there afterwards, to be looked at.
import { UntilText } from '../../base/until-text';
import { type Measures, measuresOf, type SiteCount } from '../../machine/control/compare';
import type { MachineControl } from '../../machine/control/control';
import type { ConsoleStream } from '../../machine/control/types';

export interface SideWish {
  readonly sites: boolean;
  /** Typed into the console of the first VM; \n is a line end. */
  readonly input?: string | undefined;
  readonly until?: string | undefined;
}

export interface SideRun {
  readonly measures: Measures;
  readonly sites: readonly SiteCount[];
}

/** Somebody wanted no more of it. */
export class SideCancelled extends Error {}

export async function runSide(control: MachineControl, { sites, input, until }: SideWish, cancel?: AbortSignal): Promise<SideRun> {
  await control.setStopOn({ tripleFault: false, haltedForever: false });
  await control.setPace('fast');
  await control.measure({ sites, ...(until !== undefined && { until }) });
  if (input !== undefined) await control.input(0, new TextEncoder().encode(input.replaceAll('\\n', '\n')));
  const seen = new Map<string, UntilText>();
  const saw = (vm: number, stream: ConsoleStream, bytes: Uint8Array): boolean => {
    if (until === undefined) return false;
    const key = `${vm} ${stream}`;
    const text = seen.get(key) ?? new UntilText(until);
    seen.set(key, text);
    return bytes.some((byte) => text.byte(byte));
  };
  const ended = await new Promise<string>((end, fail) => {
    const stop = (then: () => void): void => void control.pause().then(then, fail);
    cancel?.addEventListener('abort', () => stop(() => fail(new SideCancelled())), { once: true });
    control.onEvent((event) => {
      if (event.kind === 'exited') end(event.exit.reason);
      else if (event.kind === 'lost') fail(new Error(event.text));
      else if (event.kind === 'console' && saw(event.vm, event.stream, event.bytes)) stop(() => end('until'));
    });
    if (cancel?.aborted) fail(new SideCancelled());
    else control.resume().catch(fail);
  });
  const measured = await control.measured();
  return { measures: measuresOf(await control.statistics(), measured.counts, ended), sites: measured.sites };
}
