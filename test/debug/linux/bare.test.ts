// The debugger on Debian's cloud kernel with nothing but the bzImage: functions, types, stacks, tasks, log and modules from what the kernel keeps of itself.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder } from '../../../src/build/paths';
import { createHost } from '../../../src/dap/hosts';
import { conditionOf, TASK_RUNS_AT } from '../../../src/host/linux/model';
import type { LinuxAnswer } from '../../../src/protocol/linux';
import { TestClient } from '../../dap/support/client';
import { initramfs } from '../../guests/linux/initramfs';
import { linuxGuest, linuxModule } from '../../guests/linux/packages';
import { scratchFolder } from '../../support/scratch';
import { build, requireCompiler } from '../../symbols/toolchain';

const WORKER = resolve(__dirname, '../../../dist/engine-worker.js');
const PATIENCE_MS = 120_000;
const PROGRAM_FLAGS = ['-g', '-O1', '-fno-optimize-sibling-calls', '-static', '-nostdlib', '-fpie', '-static-pie', '-fno-stack-protector'];
const MODULE = 'crypto/crc32_generic.ko';

describe('Linux without a vmlinux', function () {
  this.timeout(PATIENCE_MS);

  it('is debugged by what it keeps of itself', async function () {
    requireCompiler(this, 'gcc');
    const guest = linuxGuest();
    const module = linuxModule(MODULE);
    if (typeof guest === 'string' || typeof module === 'string') {
      console.log(`      not run: ${typeof guest === 'string' ? guest : module}`);
      return this.skip();
    }
    const folder = scratchFolder();
    const initrd = join(folder, 'initrd');
    mkdirSync(join(folder, 'bin'));
    copyFileSync(build('gcc', PROGRAM_FLAGS, ['user.c'], __dirname), join(folder, 'bin/work'));
    writeFileSync(initrd, initramfs(readFileSync(guest.busybox), new Uint8Array(readFileSync(join(folder, 'bin/work'))), module));
    const session = new TestClient((config, launch) => createHost(config, launch, WORKER), PATIENCE_MS);
    const breakAt = (...names: string[]) => session.request('setFunctionBreakpoints', { breakpoints: names.map((name) => ({ name })) });
    const ask = (args: unknown): Promise<LinuxAnswer> => session.request<LinuxAnswer>('hyperscope/linux', args);
    const at = async (name: string) => {
      const { threadId = 1 } = await session.stopped();
      const frames = await session.frames(threadId);
      assert.equal(frames[0]?.name, name);
      return { frame: frames[0]!.id, names: frames.map((each) => each.name) };
    };
    const goOnTo = async (name: string, shown = name, condition?: string) => {
      await session.request('setFunctionBreakpoints', { breakpoints: [{ name, ...(condition && { condition }) }] });
      await session.request('continue', { threadId: 1 });
      return at(shown);
    };
    try {
      const launch = {
        image: guest.kernel,
        initrd,
        append: 'console=ttyS0 cryptomgr.notests',
        fastBoot: true,
        userFolders: [folder],
        moduleFolders: [join(cacheFolder, 'linux', 'linux-image-cloud-amd64-modules')],
        pace: 'fast',
        console: 'none',
      };
      await session.start(launch, async () => {
        await breakAt('start_kernel');
      });
      // The functions between end with a jump.
      assert.deepEqual((await at('start_kernel')).names, ['start_kernel', 'secondary_startup_64_no_verify']);

      const open = await goOnTo('__x64_sys_openat');
      assert.deepEqual(open.names.slice(0, 3), ['__x64_sys_openat', 'do_syscall_64', 'entry_SYSCALL_64_after_hwframe']);
      assert.match(open.names[3]!, /^init\[1\] busybox 0x[0-9a-f]+$/);
      assert.equal(await session.evaluate('current->comm', 'watch', open.frame), '"init"');
      assert.equal(await session.evaluate('this_cpu(current_task)->pid', 'watch', open.frame), '1');
      const { release, vcpus } = await ask({ what: 'vcpus' });
      assert.equal(release, guest.release);
      assert.equal(vcpus?.[0]?.task?.name, 'init');
      const { tasks } = await ask({ what: 'tasks' });
      const kthreadd = tasks?.find(({ pid }) => pid === 2);
      const { stack } = await ask({ what: 'stack', task: kthreadd!.address });
      assert.deepEqual(stack?.frames.map(({ name }) => name).slice(-3), ['schedule', 'kthreadd', 'ret_from_fork']);
      const { log } = await ask({ what: 'log', most: 10_000 });
      assert.match(log?.[0]?.text ?? '', /^Linux version 6\./);

      const tick = await goOnTo('tick_sched_timer');
      const interrupt = tick.names.indexOf('asm_sysvec_apic_timer_interrupt');
      assert.ok(interrupt > 0 && interrupt < tick.names.length - 1, tick.names.join());
      assert.ok(!tick.names.some((name) => name.startsWith('(the stack ends')), tick.names.join());

      // What "Break When This Task Runs" sets.
      const sleeper = tasks?.find(({ name, state }) => name.startsWith('rcu_') && state === 'I' && /(sched|preempt)$/.test(name));
      const awake = await goOnTo(TASK_RUNS_AT, undefined, conditionOf(sleeper!));
      assert.equal(await session.evaluate('current->comm', 'watch', awake.frame), `"${sleeper!.name}"`);
      assert.deepEqual(awake.names.slice(1, 3), ['__schedule', 'schedule']);
      assert.deepEqual(awake.names.slice(-2), ['kthread', 'ret_from_fork']);

      const init = await goOnTo('crc32_mod_init', 'init_module');
      assert.ok(init.names.includes('do_one_initcall') && init.names.includes('do_init_module'), init.names.join());
      const { modules } = await ask({ what: 'modules' });
      assert.match(modules?.[0]?.symbols ?? '', /crc32_generic\.ko$/);

      const leaf = await goOnTo('leaf');
      assert.deepEqual(leaf.names, ['leaf', 'middle', 'start_c', '_start']);
      assert.equal(await session.evaluate('depth', 'watch', leaf.frame), '41');
      const write = await goOnTo('ksys_write');
      // do_syscall_64 goes on there by a jump of __x64_sys_write.
      assert.deepEqual(write.names, [
        'ksys_write',
        'do_syscall_64',
        'entry_SYSCALL_64_after_hwframe',
        'leaf',
        'middle',
        'start_c',
        '_start',
      ]);
    } finally {
      await session.end();
    }
  });
});
