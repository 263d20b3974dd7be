// The samples, from their prebuilt images: what they print with and without KVM's interface, and how they end.
import assert from 'node:assert/strict';
import { runGuest } from '../support/cli';
import { sample } from '../support/guests';

const kvmC = sample('kvm-c', 'kvm-c.elf');

describe('sample kvm-c', () => {
  it("on KVM's interface", () => {
    const run = runGuest(kvmC, ['--vcpus', '2', '--pcpus', '1', '--neighbour', 'duty=0.5', '--append', 'hello'], {
      input: 'time\nsteal\nipi\nquit\n',
    });
    assert.match(run.stdout, /kvm-c: running on KVM's paravirtual interface/);
    assert.match(run.stdout, /command line "hello"/);
    assert.match(run.stdout, /demand paging: sum 36 after 8 page faults/);
    assert.match(run.stdout, /2 vCPUs online\nIPIs: vCPU 1 took 3\n/);
    const [, waits, kicks] = /spinlock: counted to 600, (\d+) times halted, (\d+) kicks/.exec(run.stdout) ?? assert.fail(run.stdout);
    assert.ok(Number(waits) > 0 && Number(kicks) > 0, 'the paravirtual lock halted and kicked');
    assert.match(run.stdout, /vCPU 0: [1-9]\d* us stolen of/);
    assert.match(run.stdout, /> ipi\nIPI sent to vCPU 1\n> quit\n$/);
    assert.equal(run.stats.exit.reason, 'debug-exit');
    assert.equal(run.status, 1);
  });

  it('fully virtualised: no hypercall, and nothing of KVM to be seen', () => {
    const run = runGuest(kvmC, ['--vcpus', '2', '--hypervisor', 'none'], { input: 'quit\n' });
    assert.match(run.stdout, /kvm-c: fully virtualised/);
    assert.match(run.stdout, /spinlock: counted to 600, 0 times halted, 0 kicks/);
    assert.equal(run.stats.exits.HYPERCALL ?? run.stats.exits.VMCALL, undefined);
  });

  it('a triple fault ends with status 126', () => {
    const run = runGuest(kvmC, ['--vcpus', '2'], { input: 'triple\n' });
    assert.equal(run.stats.exit.reason, 'triple-fault');
    assert.equal(run.status, 126);
  });

  it('one vCPU: no second one is waited for', () => {
    const run = runGuest(kvmC, [], { input: 'quit\n' });
    assert.match(run.stdout, /\n1 vCPUs online\nvCPU 0: /);
    assert.equal(run.status, 1);
  });
});

describe('sample xen-pvh-c', () => {
  it('shows events, run states, grants and XenStore, and switches itself off', () => {
    const run = runGuest(sample('xen-pvh-c', 'xen-pvh-c.elf'), ['--hypervisor', 'xen', '--memory', '64M', '--neighbour', 'duty=0.5']);
    assert.match(run.stdout, /^xen-pvh-c: Xen 4\.17, domain 1, vCPU 0\n/);
    assert.match(run.stdout, /port 3 is bound to port 4, 3 events came\ntimer: 5 events of 1 ms\n/);
    assert.match(run.stdout, /runnable \(stolen\) [1-9]\d* us/);
    assert.match(run.stdout, /grants: mapped with status 0, it says "a granted page", flags in use d\n/);
    assert.match(run.stdout, /grants: copied "granted ", unmapped with status 0, flags 5\n/);
    assert.match(run.stdout, /XenStore: this domain is called "vm0"/);
    assert.match(run.stdout, /data\/greeting is "hello from the guest"\nXenStore: data\/nothing is refused, ENOENT\npower off\n$/);
    assert.equal(run.stats.exit.reason, 'power-off');
  });
});

describe('sample ticket-lock-c', () => {
  const figures = (vcpus: number, more: readonly string[] = []) => {
    const { stdout, stats } = runGuest(sample('ticket-lock-c', 'ticket-lock-c.elf'), [
      ...['--memory', '16M', '--pcpus', '2', '--vcpus', String(vcpus)],
      ...more,
    ]);
    const match =
      /144 sections took (\d+) us\nlock: (\d+) waits, (\d+) us spun, longest \d+ us, (\d+) halts, (\d+) kicks\nlock: (\d+) hand-overs/.exec(
        stdout,
      );
    const [tookUs, waits, spunUs, halts, kicks, late] = (match ?? assert.fail(stdout)).slice(1).map(Number);
    assert.equal(stats.exit.reason, 'debug-exit');
    return { tookUs: tookUs!, waits: waits!, spunUs: spunUs!, halts: halts!, kicks: kicks!, late: late!, stdout };
  };

  it('scales where each vCPU has a physical CPU, spinning or not', () => {
    for (const more of [[], ['--append', 'spin'], ['--hypervisor', 'none']]) {
      const { tookUs, late } = figures(2, more);
      assert.ok(tookUs > 18_000 && tookUs < 19_000, `${tookUs} us`);
      assert.equal(late, 0);
    }
  });

  it('with twice as many vCPUs who spins waits for vCPUs without a CPU; who halts is kicked and does the work at full speed', () => {
    const spin = figures(4, ['--append', 'spin']);
    const halt = figures(4);
    assert.deepEqual([spin.halts, spin.kicks], [0, 0]);
    assert.ok(spin.late > 20, `${spin.late} hand-overs to a vCPU without a CPU`);
    assert.match(spin.stdout, /, [1-9]\d* went to a preempted vCPU; [1-9]\d* us stolen/);
    assert.ok(halt.kicks > 20 && halt.halts >= halt.kicks, `${halt.halts} halts, ${halt.kicks} kicks`);
    assert.ok(spin.tookUs > 4 * halt.tookUs, `${spin.tookUs} against ${halt.tookUs} us`);
    assert.ok(spin.spunUs > 100 * halt.spunUs, `${spin.spunUs} against ${halt.spunUs} us spun`);
    assert.ok(halt.tookUs < 22_000, `${halt.tookUs} us`);
  });
});

describe('sample minimal-asm', () => {
  it('prints and makes its hypercall', () => {
    const run = runGuest(sample('minimal-asm', 'minimal.elf'));
    assert.equal(run.stdout, 'hello from the guest\nyielded to myself\n');
    assert.equal(run.status, 1);
  });
  it('without KVM it does not try', () => {
    assert.equal(runGuest(sample('minimal-asm', 'minimal.elf'), ['--hypervisor', 'none']).stdout, 'hello from the guest\n');
  });
});
