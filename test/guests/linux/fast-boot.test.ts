// Debian's cloud kernel, unmodified, from the boot loader to power-off: four fast boots over machines, modes and vCPU counts. `npm run test:linux` has the whole matrix.
import assert from 'node:assert/strict';
import { type Boot, bootLinux, bootName, bootTyping, checkBoot } from './boots';
import { linuxGuest } from './packages';

const FIRST: Boot = { machine: 'minimal', hypervisor: 'kvm', vcpus: 1, cpu: 'x86-64-v1', entry: 'fast' };
const BOOTS: readonly Boot[] = [
  FIRST,
  { machine: 'pc', hypervisor: 'none', vcpus: 1, cpu: 'x86-64-v2', entry: 'fast' },
  { machine: 'minimal', hypervisor: 'none', vcpus: 4, cpu: 'x86-64-v3', entry: 'fast', append: 'mitigations=off' },
  { machine: 'pc', hypervisor: 'kvm', vcpus: 4, cpu: 'max', entry: 'fast' },
];

describe("Debian's Linux", function () {
  this.timeout(900_000);
  const guest = linuxGuest();
  if (typeof guest === 'string') {
    it('boots', function () {
      console.log(`      not run: ${guest}`);
      this.skip();
    });
    return;
  }

  let digest = '';
  for (const boot of BOOTS) {
    it(bootName(boot), () => {
      const outcome = bootLinux(guest, boot);
      checkBoot(boot, outcome);
      if (boot === FIRST) ({ digest } = outcome.stats);
    });
  }

  it('a shell on the serial console runs what is typed', () => {
    const shell: Boot = { ...FIRST, append: 'quiet guest.shell' };
    // The kernel's probing of the port swallows what came first.
    const { stdout, stats } = bootTyping(guest, shell, `${'\n'.repeat(8)}echo $((6*7)) is it\nuname -sm\npoweroff -f\n`);
    assert.equal(stats.exit.reason, 'power-off', stdout.slice(-2000));
    assert.match(stdout, /\n42 is it\n/);
    assert.match(stdout, /\nLinux x86_64\n/);
  });

  it('the same boot again has the same digest, interpreted or compiled', () => {
    assert.notEqual(digest, '');
    for (const tier of ['interpreter', 'auto']) assert.equal(bootLinux(guest, FIRST, '--tier', tier).stats.digest, digest, tier);
  });
});
