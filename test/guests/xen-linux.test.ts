// Debian's cloud kernel, unmodified, as a PVH guest of Xen: to power-off on four vCPUs, by what is typed on hvc0, and the same to the bit in both tiers.
import assert from 'node:assert/strict';
import { type Boot, bootLinux, bootTyping, checkBoot } from './linux/boots';
import { linuxGuest } from './linux/packages';

const PVH: Boot = { machine: 'minimal', hypervisor: 'xen', vcpus: 1, cpu: 'x86-64-v1', entry: 'fast' };

describe("Debian's Linux as a guest of Xen", function () {
  this.timeout(900_000);
  const guest = linuxGuest();
  if (typeof guest === 'string') {
    it('boots', function () {
      console.log(`      not run: ${guest}`);
      this.skip();
    });
    return;
  }

  it('boots as PVH on four vCPUs that share two pCPUs', () => {
    const boot: Boot = { ...PVH, vcpus: 4, pcpus: 2, cpu: 'max' };
    const outcome = bootLinux(guest, boot);
    checkBoot(boot, outcome);
    assert.match(outcome.stdout, /installing Xen timer for CPU 3/);
    assert.ok((outcome.stats.exits.vmcall?.count ?? 0) > 500, 'hypercalls are what it calls Xen by');
  });

  it('takes what is typed on hvc0, the same in both tiers', () => {
    const shell: Boot = { ...PVH, append: 'quiet guest.shell' };
    const input = 'echo $((6*7)) is it\ncat /sys/hypervisor/type /sys/hypervisor/version/major\npoweroff -f\n';
    const runs = ['interpreter', 'auto'].map((tier) => bootTyping(guest, shell, input, '--tier', tier));
    for (const { stdout, stats } of runs) {
      assert.equal(stats.exit.reason, 'power-off', stdout.slice(-2000));
      assert.match(stdout, /\n42 is it\n/);
      assert.match(stdout, /\nxen\n4\n/);
    }
    assert.equal(runs[0]!.stats.digest, runs[1]!.stats.digest);
  });

  it('a panic ends the run as a crash', () => {
    const { stdout, stats } = bootLinux(guest, { ...PVH, append: 'quiet rdinit=/nothing root=/dev/none panic=0' });
    assert.match(stdout, /Kernel panic/);
    assert.equal(stats.exit.reason, 'crash', stdout.slice(-1000));
  });
});
