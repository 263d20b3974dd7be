// Samples of a sample guest on two vCPUs, and what their stacks are followed with.
import { join } from 'node:path';
import { loadSymbols } from '../../../src/dap/launch/symbols';
import { InProcessControl } from '../../../src/debug/host-link/in-process';
import type { ProfileSample } from '../../../src/machine/control/profile-types';
import type { SymbolFile } from '../../../src/symbols/symbol-file';
import { ROOT } from '../../dap/support/golden';
import { coreOf } from '../../proof/observe';
import { sample } from '../../support/guests';

/** `isWaiting`: it has not run yet. */
export function sampled(stackBytes: number, change = (file: SymbolFile) => file, isWaiting = false) {
  const core = coreOf({ image: sample('kvm-c', 'kvm-c.elf'), vm: { vcpus: 2 }, script: 'time\nsteal\nipi\nquit\n' });
  const samples: ProfileSample[] = [];
  if (!isWaiting) {
    core.profile({ every: 3_000, unit: 'ns', stackBytes });
    core.resume();
  }
  while (core.running) {
    core.advance(200_000, Number.POSITIVE_INFINITY);
    samples.push(...core.profileSamples().samples);
  }
  const { symbols, addresses } = loadSymbols({ image: join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf') });
  for (const file of [...symbols.all]) {
    symbols.remove(file);
    symbols.add(change(file));
  }
  return {
    core,
    samples,
    context: { control: new InProcessControl(core.host.config, core), vm: 0, symbols, addresses, onChanged: () => {} },
  };
}
