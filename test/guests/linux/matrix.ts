// npm run test:linux [-- TEXT]: Debian's cloud kernel in every combination of entry, machine, mode and 1 or 4 vCPUs to power-off, then a reboot, steal time
// beside the host's account, and the debugger on it. TEXT: only boots whose name contains it.
import { type Boot, bootLinux, bootName, checkBoot } from './boots';
import { DEBUGGER_CHECKS } from './debugger';
import { linuxDebug, linuxGuest } from './packages';
import { checkShellReplay } from './shell-on-terminal';
import { checkSteal } from './steal';

/** Its payload is packed with xz. */
const GENERIC: Boot = { machine: 'pc', hypervisor: 'kvm', vcpus: 2, cpu: 'x86-64-v3', entry: 'fast' };

function boots(): Boot[] {
  const all: Boot[] = [];
  for (const machine of ['minimal', 'pc'] as const)
    for (const hypervisor of ['kvm', 'none'] as const)
      for (const vcpus of [1, 4]) {
        const cpu = vcpus === 1 ? 'x86-64-v1' : 'max';
        for (const entry of ['fast', machine === 'pc' ? 'linux' : 'linux32'] as const) all.push({ machine, hypervisor, vcpus, cpu, entry });
      }
  for (const vcpus of [1, 4])
    all.push(
      { machine: 'minimal', hypervisor: 'xen', vcpus, cpu: vcpus === 1 ? 'x86-64-v1' : 'max', entry: 'fast' },
      { machine: 'pc', hypervisor: 'xen', vcpus, cpu: vcpus === 1 ? 'x86-64-v1' : 'max', entry: 'linux' },
    );
  return [
    ...all,
    { machine: 'minimal', hypervisor: 'kvm', vcpus: 16, cpu: 'x86-64-v3', entry: 'fast' },
    { machine: 'pc', hypervisor: 'kvm', vcpus: 1, cpu: 'x86-64-v2', entry: 'linux', append: 'guest.reboot', end: 'reset' },
  ];
}

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
  for (const boot of boots()) {
    await attempt(bootName(boot), () => {
      const outcome = bootLinux(guest, boot);
      checkBoot(boot, outcome);
      const { instructions, virtualNs, cpuSeconds } = outcome.stats;
      return `${(instructions / 1e6).toFixed(0)} M instructions, ${(virtualNs / 1e9).toFixed(2)} s, CPU ${cpuSeconds.toFixed(1)} s`;
    });
  }
  const generic = linuxGuest('amd64');
  if (typeof generic === 'string') console.log(`not run: ${generic}`);
  else
    for (const boot of [GENERIC, { ...GENERIC, hypervisor: 'xen' as const }])
      await attempt(`the generic kernel, ${bootName(boot)}`, () => {
        checkBoot(boot, bootLinux(generic, boot));
        return generic.release;
      });
  for (const hypervisor of ['kvm', 'xen'] as const)
    await attempt(`steal time is the host's account within 2 %, ${hypervisor}`, () => checkSteal(guest, hypervisor));
  await attempt('a shell in a terminal, and again from the log of what was typed', () => checkShellReplay(guest));
  const debug = linuxDebug();
  if (typeof debug === 'string') console.log(`not run: ${debug}`);
  else for (const [name, check] of DEBUGGER_CHECKS) await attempt(`debugger: ${name}`, () => check({ guest, debug, generic }));
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

void main(process.argv[2]).then((code) => {
  process.exitCode = code;
});
