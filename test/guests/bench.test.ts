// The benchmark guest runs to BENCH-END with the checksums that the same work has as a native program.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { runGuest } from '../support/cli';
import { needs } from '../support/compiler';
import { benchGuest } from '../support/guests';

const work = { DIVIDE: '50', FIB: '18' };

const sums = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/BENCH (\w+) n=\d+ sum=(\w+)/g)].map((match) => [match[1]!, match[2]!]));

/** Items that exist only in the guest: exceptions taken (n of them; the first 512 page faults find their page mapped), or nothing to sum. */
const guestOnly = ['int', 'ud', 'pagefault', 'invlpg', 'outb80', 'inb3fd', 'cpuid', 'rdtsc', 'cr3', 'vmcall', 'repstosb', 'repmovs', 'smc'];

describe('the benchmark guest', () => {
  for (const [file, boot] of [
    ['bench.elf', 'pvh'],
    ['bench.elf', 'multiboot'],
    ['bench.mb', 'multiboot'],
  ] as const) {
    it(`${file} by ${boot}: BENCH-END and the native checksums`, function () {
      needs(this, 'gcc', 'make', 'objcopy');
      const native = sums(execFileSync(benchGuest('native', work), { encoding: 'utf8' }));
      const run = runGuest(benchGuest(file, work), ['--boot', boot, '--hypervisor', 'none', '--memory', '128M']);
      assert.match(run.stdout, /BENCH-START x86-64/);
      assert.match(run.stdout, /BENCH-END/);
      assert.equal(run.status, (0x10 << 1) | 1);
      const own = sums(run.stdout);
      assert.deepEqual([...own.keys()].sort(), [...native.keys(), ...guestOnly].sort());
      for (const [item, sum] of native) assert.equal(own.get(item), sum, item);
      assert.equal(own.get('int'), '00000fa0');
      assert.equal(own.get('ud'), '00000fa0');
      assert.equal(own.get('vmcall'), '000007d0');
    });
  }
});
