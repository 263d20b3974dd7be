// Debian's cloud kernel, unmodified, from the boot loader to power-off: four fast boots over machines, modes and vCPU counts. `npm run test:linux` has the whole matrix.
import assert from 'node:assert/strict';
import { type Boot, bootLinux, bootName, checkBoot } from './boots';
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

  it('the same boot again has the same digest', () => {
    assert.notEqual(digest, '');
    assert.equal(bootLinux(guest, FIRST).stats.digest, digest);
  });
});
