// One run of a comparison: the guest from power-on to its end (or to a text on its console), measured.
import { InProcessControl } from '../../debug/host-link/in-process';
import { Counter, type Measures, measuresOf } from '../../machine/compare/measure';
import type { Side } from '../../machine/compare/sides';
import { hostConfig } from '../run/host-config';
import { watchConsole } from '../run/watch-console';
import type { CompareOptions } from './options';

export async function measureSide(options: CompareOptions, side: Side, vcpus: number): Promise<Measures> {
  const { hypervisor, model, costs } = side;
  const control = new InProcessControl(hostConfig({ ...options, hypervisor, model, costs, vcpus, maxVcpus: undefined }));
  const { core } = control;
  const counter = new Counter(core.host);
  await control.setStopOn({ tripleFault: false, haltedForever: false });
  await control.setPace('fast');
  core.setInputOpen(false);
  if (options.input !== undefined) core.input(0, new TextEncoder().encode(options.input.replaceAll('\\n', '\n')));
  const ended = await new Promise<string>((end, fail) => {
    control.driver.onFailure(fail);
    control.onEvent((event) => {
      if (event.kind === 'exited') end(event.exit.reason);
      else if (event.kind === 'lost') fail(new Error(event.text));
    });
    if (options.until !== undefined) watchConsole(control, options.until, () => void control.pause().then(() => end('until'), fail));
    control.resume().catch(fail);
  }).finally(() => control.dispose());
  return measuresOf(core.statistics(), counter.totals, ended);
}
