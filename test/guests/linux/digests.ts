// Repeated boots are one run: by the command line, twice in one process (nothing of the first is left to the second), and with compiled code.
import assert from 'node:assert/strict';
import { hostConfig } from '../../../src/cli/run/host-config';
import { parseRun } from '../../../src/cli/run/parse-run';
import { InProcessControl } from '../../../src/debug/host-link/in-process';
import { type Boot, bootLinux, runArguments } from './boots';
import type { LinuxGuest } from './packages';

const BOOT = { machine: 'minimal', hypervisor: 'kvm', vcpus: 1, cpu: 'x86-64-v1' } as const;

async function digestInProcess(guest: LinuxGuest, boot: Boot): Promise<string> {
  const control = new InProcessControl(hostConfig(parseRun(runArguments(guest, boot))));
  try {
    control.core.setInputOpen(false);
    await control.setStopOn({ tripleFault: false, haltedForever: false });
    const exited = new Promise<string>((done, fail) => {
      control.driver.onFailure(fail);
      control.onEvent((event) => event.kind === 'exited' && done(event.exit.reason));
    });
    await control.resume();
    assert.equal(await exited, 'power-off');
    return control.core.digest();
  } finally {
    await control.dispose();
  }
}

export async function checkDigests(guest: LinuxGuest, entry: Boot['entry']): Promise<string> {
  const boot: Boot = { ...BOOT, entry };
  const { digest } = bootLinux(guest, boot).stats;
  for (const which of ['first', 'second']) assert.equal(await digestInProcess(guest, boot), digest, `the ${which} in one process`);
  assert.equal(bootLinux(guest, boot, '--tier', 'interpreter').stats.digest, digest, 'interpreted');
  return digest;
}
