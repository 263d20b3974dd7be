// npm run test:linux [-- TEXT]: Debian's cloud kernel in every combination of entry, machine, mode and 1 or 4 vCPUs to power-off, then resets, other packings, digests, steal
// time beside the host's account, lock-holder preemption, shares of one physical CPU, the shell, Debian's user land on every CPU model, and the debugger. TEXT: only boots whose name contains it.
import { CPU_MODEL_NAMES } from '../../../src/x86/models/parse-model';
import { bootLinux, bootName, checkBoot } from './boots';
import { DEBUGGER_CHECKS } from './debugger';
import { checkDigests } from './digests';
import { checkLocks } from './locks';
import { BOOTS, GENERIC_BOOTS } from './matrix-boots';
import { linuxDebug, linuxGuest } from './packages';
import { checkRepacked, PACKERS } from './repacked';
import { checkShare, SHARES } from './share';
import { checkShellReplay } from './shell-on-terminal';
import { checkSteal, STEAL_VCPUS } from './steal';
import { checkUserLand } from './user-land-run';

async function main(only = ''): Promise<number> {
  const guest = linuxGuest();
  if (typeof guest === 'string') {
    console.log(`not run: ${guest}`);
    return 1;
  }
  console.log(`Linux ${guest.release}`);
  let failed = 0;
  let passed = 0;
  const attempt = async (name: string, check: () => string | Promise<string>): Promise<void> => {
    if (!name.includes(only)) return;
    try {
      console.log(`ok     ${name.padEnd(52)} ${await check()}`);
      passed++;
    } catch (error) {
      console.log(`FAILED ${name}\n${(error as Error).message}`);
      failed++;
    }
  };
  for (const boot of BOOTS) {
    await attempt(bootName(boot), () => {
      const outcome = bootLinux(guest, boot);
      checkBoot(boot, outcome);
      const { instructions, virtualNs } = outcome.stats;
      const { cpuSeconds } = outcome.stats.process;
      return `${(instructions / 1e6).toFixed(0)} M instructions, ${(virtualNs / 1e9).toFixed(2)} s, CPU ${cpuSeconds.toFixed(1)} s`;
    });
  }
  const generic = linuxGuest('amd64');
  if (typeof generic === 'string') console.log(`not run: ${generic}`);
  else
    for (const boot of GENERIC_BOOTS)
      await attempt(`the generic kernel, ${bootName(boot)}`, () => {
        checkBoot(boot, bootLinux(generic, boot));
        return generic.release;
      });
  for (const packer of PACKERS) await attempt(`fast boot of the same kernel packed with ${packer}`, () => checkRepacked(guest, packer));
  for (const entry of ['fast', 'linux'] as const)
    await attempt(`one digest: ${entry}, in one process and compiled`, () => checkDigests(guest, entry));
  for (const vcpus of STEAL_VCPUS)
    for (const hypervisor of ['kvm', 'xen'] as const)
      await attempt(`steal time is the host's account within 2 %, ${hypervisor}, vCPUs: ${vcpus}`, () =>
        checkSteal(guest, vcpus, hypervisor),
      );
  await attempt('lock-holder preemption: nopvspin against paravirtual spinlocks', () => checkLocks(guest));
  for (const share of SHARES) await attempt(`two busy guests on one physical CPU: ${share.name}`, () => checkShare(guest, share));
  await attempt('a shell in a terminal, and again from the log of what was typed', () => checkShellReplay(guest));
  for (const cpu of CPU_MODEL_NAMES)
    for (const vcpus of [1, 4]) await attempt(`Debian's user land, ${cpu}, ${vcpus} vCPUs`, () => checkUserLand(guest, cpu, vcpus));
  const debug = linuxDebug();
  if (typeof debug === 'string') console.log(`not run: ${debug}`);
  else for (const [name, check] of DEBUGGER_CHECKS) await attempt(`debugger: ${name}`, () => check({ guest, debug, generic }));
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

void main(process.argv[2]).then((code) => {
  process.exitCode = code;
});
