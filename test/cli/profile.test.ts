// --profile over several VMs: the stacks of each are followed by its own symbols and memory.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { sample } from '../support/guests';
import { cli, temporaryFolder } from './built-cli';

const folder = temporaryFolder();
after(() => folder.remove());

describe('cli: a profile of several VMs', function () {
  this.timeout(300_000);

  it('has the functions of each, and says how many stacks could not be followed', () => {
    const path = folder.path('two.json');
    const { status, stderr } = cli(
      [
        ...['run', sample('kvm-c', 'kvm-c.elf'), '--memory', '32M', '--pcpus', '2', '--profile', path, '--profile-every', '10us'],
        ...['--guest', `'${sample('xen-pvh-c', 'xen-pvh-c.elf')}' --hypervisor xen`],
      ],
      { input: 'quit\n' },
    );
    assert.equal(status, 1, stderr);
    assert.match(stderr, /\d+ samples in .*two\.json$/m, 'and no stack was lost');
    const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: { ph: string; pid: number; name: string }[] };
    const names = (pid: number) => new Set(traceEvents.filter((event) => event.ph === 'X' && event.pid === pid).map(({ name }) => name));
    const [kvm, xen] = [names(0), names(1)];
    for (const [name, here, there] of [
      ['demo_timer', kvm, xen],
      ['show_time', xen, kvm],
    ] as const)
      assert.ok(here.has(name) && !there.has(name), `${name}: ${[...here]} / ${[...there]}`);
  });
});
