// Debian's own gdb on the sample kernel: what a person does with it, and what it then shows.
import assert from 'node:assert/strict';
import { needs } from '../support/compiler';
import { screenGuest } from '../support/guests';
import { KVM_C } from './support/guest';
import { type RealRun, runGdb } from './support/real';

const show = ({ text, console, said }: RealRun): string => `gdb:\n${text}\nconsole:\n${console}\nserver:\n${said}`;

describe('the real gdb', () => {
  before(function () {
    needs(this, 'gdb', 'stdbuf');
  });
  const expect = (run: RealRun, ...patterns: readonly RegExp[]) => {
    let at = 0;
    for (const pattern of patterns) {
      const found = pattern.exec(run.text.slice(at));
      assert.ok(found, `${pattern} is missing after ${at} in\n${show(run)}`);
      at += found.index + found[0].length;
    }
  };

  it('breaks at a C function, shows frames, arguments and locals, finishes, steps over lines and interrupts', async () => {
    const run = await runGdb(
      KVM_C,
      ['--vcpus', '2'],
      [
        'target',
        'break show_memory',
        'continue',
        'backtrace',
        'info args',
        'finish',
        'break demo_timer',
        'continue',
        'next',
        'next',
        'next',
        'next',
        'info locals',
        'up',
        'delete',
        'watch ticks if ticks == 4',
        'continue',
        'delete',
        'tbreak show_steal',
        'continue',
        'monitor time',
        'kill',
      ],
    );
    expect(
      run,
      /Breakpoint 1, show_memory \(info=|hit Breakpoint 1, show_memory \(info=/,
      /#0 {2}show_memory .*main\.c:15\n#1 {2}0x[0-9a-f]+ in kmain \(start_info=590080\) at \.\/main\.c:107\n#2 {2}0x[0-9a-f]+ in high_entry/,
      /info = 0x90100/,
      /Value returned is \$1 = 268041216/,
      /hit Breakpoint 2, demo_timer/,
      /\n4[1-9]\t/,
      /seen = \d+/,
      /#1 {2}0x[0-9a-f]+ in kmain/,
      /atchpoint 3: ticks\s+Old value = 3\s+New value = 4/,
      /hit Temporary breakpoint 4, show_steal/,
      /ms of virtual time/,
      /\[Inferior 1 \(.*\) killed\]/,
    );
    assert.doesNotMatch(run.text, /local_apic_timer|interrupt_entry|warning|rror/i);
    assert.match(run.console, /timer: 5 interrupts of 1 ms/);
    assert.equal(run.status, 0);
  });

  it('shows all registers in groups and types, sets variables and registers, reads code', async () => {
    const run = await runGdb(
      KVM_C,
      ['--vcpus', '1'],
      [
        'target',
        'hbreak demo_timer',
        'continue',
        'info registers rip eflags cs cr0 efer cr3 gs_base k_gs_base',
        'info registers tr_limit',
        'info float',
        'info vector',
        'p/x $xmm0.uint128',
        'p $ymm0.v8_int32',
        'x/2i $pc',
        'set var ticks = 77',
        'p ticks',
        'set $rbx = 0x1122334455667788',
        'p/x $ebx',
        'info mem',
        'stepi',
        'info line *$pc',
        'detach',
      ],
    );
    expect(
      run,
      /Breakpoint 1, demo_timer/,
      /rip +0xffffffff[0-9a-f]+ +0xffffffff[0-9a-f]+ <demo_timer>/,
      /eflags +0x\w+ +\[.*IF.*\]/,
      /cs +0x8 /,
      /cr0 +0x80010011 +\[ PE ET WP PG \]/,
      /efer +0x500 +\[ LME LMA \]/,
      /tr_limit +0x67/,
      /=>R0: Zero/,
      /ymm0 /,
      /\$1 = 0x0/,
      /\$2 = \{0, 0, 0, 0, 0, 0, 0, 0\}/,
      /=> 0xffffffff[0-9a-f]+ <demo_timer>:/,
      /\$3 = 77/,
      /\$4 = 0x55667788/,
      /0x0+ +0x8000000000000000 +rw/,
      /Line \d+ of "\.\/main\.c"/,
      /detached/,
    );
    assert.match(run.console, /timer: 5 interrupts of 1 ms/, 'it went on by itself');
  });

  it('two vCPUs are two threads; a step over a breakpoint, a condition, a tick of another thread', async () => {
    const run = await runGdb(
      KVM_C,
      ['--vcpus', '2'],
      [
        'target',
        'break count_under_lock',
        'continue',
        'continue',
        'info threads',
        'thread apply all backtrace 1',
        'delete',
        'break spin_lock if shared_counter == 500',
        'continue',
        'p shared_counter',
        'delete',
        'break spin_lock',
        'ignore 3 1000000',
        'tbreak show_steal',
        'continue',
        'p shared_counter',
        'info breakpoints',
        'monitor vcpus',
        'monitor hypercalls 5',
        'monitor walk $rip',
        'kill',
      ],
    );
    expect(
      run,
      /hit Breakpoint 1, count_under_lock/,
      /hit Breakpoint 1, count_under_lock/,
      /Thread 1 "vCPU 0" \(.*long64, CPL 0\)/,
      /Thread 2 "vCPU 1" \(.*long64, CPL 0\)/,
      /Thread 2 .*\n#0 .*\n/,
      /hit Breakpoint 2, spin_lock/,
      /= 500/,
      /hit Temporary breakpoint 4, show_steal/,
      /= 600/,
      // Once per count and per line printed, however the vCPUs take turns: no thread runs past it while another steps over it.
      /already hit [12]\d\d times/,
      /vCPU 1 .*retired|vCPU 1 /,
      /KVM_HC|SEND_IPI|KICK/i,
      /page of 2048 KiB/,
    );
  });

  it('16-bit code of a starting vCPU: exact registers, steps and "monitor code"', async () => {
    const run = await runGdb(
      KVM_C,
      ['--vcpus', '2'],
      [
        'target',
        'break *0x8000',
        'continue',
        'info registers rip cs cs_base linear_pc',
        'monitor code 2',
        'stepi',
        'p/x $linear_pc',
        'x/2xb $cs_base + $rip',
        'kill',
      ],
    );
    expect(
      run,
      /received signal SIGTRAP/,
      /rip +0x0 /,
      /cs +0x800 /,
      /cs_base +0x8000 /,
      /linear_pc +0x8000 /,
      /0x8001 +xor ax, ax/,
      /= 0x8001/,
      /0x8001:\s+0x31\s+0xc0/,
    );
  });

  it('a 32-bit guest: breakpoints, registers, steps and variables with the one description', async function () {
    needs(this, 'gcc', 'make');
    const run = await runGdb(
      screenGuest('screen.elf'),
      ['--machine', 'pc'],
      [
        'set architecture i386:x86-64',
        'target',
        'break main',
        'continue',
        'info registers rip rsp cs',
        'next',
        'next',
        'p color',
        'monitor code 1',
        'stepi',
        'p/x $linear_pc == $rip',
        'tbreak print',
        'continue',
        'p/x color',
        'kill',
      ],
    );
    expect(
      run,
      /Breakpoint 1, main/,
      /rip +0x1\w+ +0x1\w+ <main>/,
      /cs +0x8 /,
      /\n110\t|\n111\t/,
      /protected32/,
      /= 0x1/,
      /Temporary breakpoint 2, print/,
      /= 0x1e/,
    );
  });

  it('extended-remote: the end of the guest, "run" again, other images refused', async () => {
    const run = await runGdb(
      KVM_C,
      ['--vcpus', '1'],
      ['target extended', 'monitor input quit', 'continue', 'break show_memory', 'run', 'p info', 'kill'],
    );
    expect(
      run,
      /exited with code 01|exited normally/,
      /hit Breakpoint 1, show_memory|Breakpoint 1, show_memory/,
      /\(struct hvm_start_info \*\) 0x90100/,
    );
  });

  it('without a file gdb takes the image that the server names; what cannot be is said', async () => {
    const run = await runGdb(KVM_C, [], ['target', 'info inferiors', 'info threads', 'reverse-stepi']);
    expect(run, /kvm-c\.elf/, /Thread 1 "vCPU 0"/, /No more reverse-execution history/);
  });

  it('goes back: by instruction, by line over and into calls, out of functions, to breakpoints and watched memory, to the beginning', async () => {
    const run = await runGdb(
      KVM_C,
      ['--vcpus', '2'],
      [
        'target',
        'break show_steal',
        'continue',
        'delete',
        'info symbol $pc',
        'p/x $pc == 0',
        'stepi',
        'reverse-stepi',
        'info symbol $pc',
        'break demo_timer',
        'reverse-continue',
        'info symbol $pc',
        'next',
        'next',
        'reverse-next',
        'reverse-next',
        'delete',
        'reverse-finish',
        'reverse-next',
        'reverse-step',
        'info symbol $pc',
        'break show_steal',
        'continue',
        'delete',
        'p shared_counter',
        'watch shared_counter',
        'reverse-continue',
        'p shared_counter',
        'info symbol $pc',
        'reverse-continue',
        'delete',
        'reverse-continue',
        'info symbol $pc',
      ],
    );
    expect(
      run,
      /hit Breakpoint 1, show_steal/,
      /show_steal/,
      /hit Breakpoint 2, demo_timer/,
      /demo_timer/,
      /kmain/,
      /hit Breakpoint 3, show_steal/,
      /= 600/,
      /Old value = 600\s+New value = 599/,
      /= 599/,
      /count_under_lock/,
      /Old value = 599\s+New value = 598/,
      /No more reverse-execution history/,
    );
  });
});
