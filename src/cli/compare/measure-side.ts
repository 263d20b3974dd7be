// One run of a comparison in this process: the guest from power-on to its end (or to a text on its console), measured, its sites named.

import { runSide } from '../../debug/compare/run-side';
import type { SiteSymbols } from '../../debug/compare/site-names';
import { type NamedSite, namedSites } from '../../debug/compare/site-names';
import { InProcessControl } from '../../debug/host-link/in-process';
import type { Measures } from '../../machine/compare/measure';
import type { Side } from '../../machine/compare/sides';
import { hostConfig } from '../run/host-config';
import type { CompareOptions } from './options';

export interface MeasuredSide {
  readonly measures: Measures;
  readonly sites: readonly NamedSite[];
}

/** `symbols`: made for each run, because each may have the kernel elsewhere. */
export async function measureSide(options: CompareOptions, side: Side, vcpus: number, symbols: () => SiteSymbols): Promise<MeasuredSide> {
  const { hypervisor, model, costs } = side;
  const { sites, input, until } = options;
  const control = new InProcessControl(hostConfig({ ...options, hypervisor, model, costs, vcpus, maxVcpus: undefined }));
  try {
    const failed = new Promise<never>((_, fail) => control.driver.onFailure(fail));
    const run = await Promise.race([runSide(control, { sites, input, until }), failed]);
    return { measures: run.measures, sites: sites ? await namedSites(control, symbols(), run.sites) : [] };
  } finally {
    await control.dispose();
  }
}
