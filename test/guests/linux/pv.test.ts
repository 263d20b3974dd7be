// KVM's paravirtual calls as Linux makes them: threads that change one address space and contend for a spinlock, on vCPUs that neighbours preempt. What happened is
// counted in the trace.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runGuest } from '../../support/cli';
import { needs } from '../../support/compiler';
import { scratchFolder } from '../../support/scratch';
import { initramfs } from './initramfs';
import { linuxGuest } from './packages';

/** Each pCPU has one vCPU, and all but the last a neighbour that takes half of it for long times: long enough for the others to give up spinning. */
const HOST = ['--pcpus', '4', ...[20, 22, 24].flatMap((ms, pcpu) => ['--neighbour', `duty=0.5,period=${ms}ms,pcpu=${pcpu},absolute`])];

const COMPILER = 'gcc';

describe("KVM's paravirtual calls by Linux", function () {
  this.timeout(900_000);

  it('SEND_IPI, KICK_CPU, SCHED_YIELD and deferred TLB flushes happen', function () {
    needs(this, COMPILER);
    const guest = linuxGuest();
    if (typeof guest === 'string') {
      console.log(`      not run: ${guest}`);
      return this.skip();
    }
    const folder = scratchFolder();
    const [program, initrd, trace] = ['work', 'initrd', 'trace'].map((name) => join(folder, name)) as [string, string, string];
    execFileSync(COMPILER, ['-O2', '-static', '-pthread', '-o', program, join(__dirname, 'pv-work.c')]);
    writeFileSync(initrd, initramfs(readFileSync(guest.busybox), readFileSync(program)));
    const image = ['--fast-boot', '--initrd', initrd, '--append', 'console=ttyS0 cryptomgr.notests quiet'];
    const machine = ['--vcpus', '4', ...HOST, '--cpu', 'x86-64-v2', '--trace', trace];
    const { stdout, stats } = runGuest(guest.kernel, [...image, ...machine], { timeoutMs: 900_000 });
    assert.equal(stats.exit.reason, 'power-off', stdout.slice(-2000));
    assert.match(stdout, /GUEST: pv-work 4 threads, sum right/);
    const events = readFileSync(trace, 'latin1');
    const count = (text: string): number => events.split(text).length - 1;
    assert.match(stdout, /GUEST: current_clocksource kvm-clock/);
    assert.match(stdout, /kvm-guest: PV spinlocks enabled/);
    // Ends of interrupts by clearing the bit in memory; those by the APIC's register are the few where another interrupt waits.
    const ends = (pv: 0 | 1): number =>
      (events.match(new RegExp(`"name":"interrupt-eoi"[^{}]*"args":\\{"vector":\\d+,"pv":${pv},`, 'g')) ?? []).length;
    assert.ok(ends(1) > 100 && ends(1) > ends(0), `${ends(1)} paravirtual ends of interrupts, ${ends(0)} others`);
    for (const call of ['kvm: SEND_IPI', 'kvm: KICK_CPU', 'kvm: SCHED_YIELD', 'pv-deferred']) assert.ok(count(call) > 0, call);
  });
});
