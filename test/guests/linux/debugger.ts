// The debugger on Debian's cloud kernel with its debug package: F5 with a bzImage, vmlinux and Debian's default command line (KASLR), up to a module's init.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../../src/dap/hosts';
import { loadSymbols } from '../../../src/dap/launch/symbols';
import type { LinuxAnswer } from '../../../src/protocol/linux';
import { TestClient } from '../../dap/support/client';
import { scratchFolder } from '../../support/scratch';
import { initramfs } from './initramfs';
import { type LinuxDebug, type LinuxGuest, linuxModule } from './packages';
import { breakWhenTasksRun, TASK_RUNS_LAUNCH } from './task-runs';

interface Given {
  readonly guest: LinuxGuest;
  readonly debug: LinuxDebug;
  readonly generic: LinuxGuest | string;
}

const WORKER = resolve(__dirname, '../../../dist/engine-worker.js');
/** A boot on a busy machine. */
const PATIENCE_MS = 600_000;
const MODULE = 'crypto/crc32_generic.ko';
const CUT_BYTES = 1 << 20;

const client = (): TestClient => new TestClient((config, launch) => createHost(config, launch, WORKER), PATIENCE_MS);

const launch = ({ guest, debug }: Given): Record<string, unknown> => ({
  image: guest.kernel,
  initrd: guest.initrd,
  append: 'console=ttyS0 cryptomgr.notests',
  symbolFiles: [{ file: debug.vmlinux }],
  pace: 'fast',
  console: 'none',
});

const breakAt = (session: TestClient, ...names: string[]) =>
  session.request<DebugProtocol.SetFunctionBreakpointsResponse['body']>('setFunctionBreakpoints', {
    breakpoints: names.map((name) => ({ name })),
  });

async function stackAt(session: TestClient, name: string): Promise<{ frames: DebugProtocol.StackFrame[]; names: string[] }> {
  const { threadId = 1 } = await session.stopped();
  const frames = await session.frames(threadId);
  assert.equal(frames[0]?.name, name);
  return { frames, names: frames.map((frame) => frame.name) };
}

const includesInOrder = (all: readonly string[], wanted: readonly string[]): boolean => {
  let from = 0;
  return wanted.every((name) => {
    from = all.indexOf(name, from) + 1;
    return from > 0;
  });
};

async function boot(given: Given, fastBoot: boolean): Promise<string> {
  const session = client();
  try {
    return await walk(given, fastBoot, session);
  } finally {
    await session.end();
  }
}

async function walk(given: Given, fastBoot: boolean, session: TestClient): Promise<string> {
  const module = linuxModule(MODULE);
  if (typeof module === 'string') throw new Error(module);
  const initrd = join(scratchFolder(), 'initrd');
  writeFileSync(initrd, initramfs(readFileSync(given.guest.busybox), undefined, module));
  const ask = (args: unknown): Promise<LinuxAnswer> => session.request<LinuxAnswer>('hyperscope/linux', args);
  const goOn = () => session.request('continue', { threadId: 1 });
  await session.start({ ...launch(given), initrd, fastBoot }, async () => {
    await breakAt(session, 'start_kernel');
  });

  const start = await stackAt(session, 'start_kernel');
  const { modules } = await session.request<DebugProtocol.ModulesResponse['body']>('modules', {});
  const linked = 0xffff_ffff_8100_0000n;
  const slide = BigInt(String(modules[0]?.addressRange).split('-')[0]!) - linked;
  assert.equal(slide === 0n, fastBoot, `the kernel lies at ${slide.toString(16)}`);
  const locals = await session.scope(start.frames[0]!.id, 'Locals');
  assert.ok(locals.command_line, 'a local variable of start_kernel');

  await breakAt(session, '__x64_sys_openat');
  await goOn();
  const open = await stackAt(session, '__x64_sys_openat');
  assert.ok(includesInOrder(open.names, ['do_syscall_64', 'entry_SYSCALL_64_after_hwframe']), open.names.join());
  assert.match(open.names.at(-1)!, /^init\[1\] busybox 0x[0-9a-f]+$/);
  const inFrame = open.frames[0]!.id;
  assert.equal(await session.evaluate('current->comm', 'watch', inFrame), '"init"');
  assert.equal(await session.evaluate('this_cpu(current_task)->pid', 'watch', inFrame), '1');
  assert.equal(await session.evaluate('container_of(&init_task.tasks, struct task_struct, tasks)->comm', 'watch', inFrame), '"swapper/0"');
  const { vcpus } = await ask({ what: 'vcpus' });
  assert.equal(vcpus?.[0]?.task?.name, 'init');
  const { tasks } = await ask({ what: 'tasks' });
  const kthreadd = tasks?.find(({ pid }) => pid === 2);
  assert.equal(kthreadd?.name, 'kthreadd');
  const { stack } = await ask({ what: 'stack', task: kthreadd!.address });
  assert.ok(
    includesInOrder(
      stack!.frames.map(({ name }) => name),
      ['schedule', 'kthreadd', 'ret_from_fork'],
    ),
    JSON.stringify(stack),
  );
  const { log } = await ask({ what: 'log', most: 10_000 });
  assert.match(log?.[0]?.text ?? '', /^Linux version 6\./);

  await breakAt(session, 'crc32_mod_init');
  await goOn();
  const init = await stackAt(session, 'crc32_mod_init');
  assert.ok(includesInOrder(init.names, ['do_one_initcall', 'do_init_module']), init.names.join());
  assert.match(init.names.at(-1)!, /^busybox\[\d+\] busybox 0x/);
  const loaded = await ask({ what: 'modules' });
  assert.equal(loaded.modules?.[0]?.name, 'crc32_generic');
  assert.match(loaded.modules?.[0]?.symbols ?? '', /crc32_generic\.ko$/);

  await breakAt(session, 'handle_mm_fault');
  await goOn();
  const fault = await stackAt(session, 'handle_mm_fault');
  assert.ok(includesInOrder(fault.names, ['exc_page_fault', 'asm_exc_page_fault']), fault.names.join());
  assert.ok(!fault.names.some((name) => name.startsWith('(the stack ends')), fault.names.join());

  await breakAt(session, 'tick_sched_timer');
  await goOn();
  const tick = await stackAt(session, 'tick_sched_timer');
  const interrupt = tick.names.indexOf('asm_sysvec_apic_timer_interrupt');
  assert.ok(interrupt > 0 && interrupt < tick.names.length - 1, tick.names.join());
  assert.ok(!tick.names.some((name) => name.startsWith('(the stack ends')), tick.names.join());
  return `slide 0x${slide.toString(16)}, ${tick.names.length} frames through an interrupt`;
}

async function refused(given: Record<string, unknown>): Promise<string> {
  const session = client();
  await session.initialize();
  const error = await session.request('launch', given).then(
    () => undefined,
    (reason: unknown) => (reason as Error).message,
  );
  await session.end();
  if (error === undefined) throw new Error('the launch was not refused');
  return error;
}

export const DEBUGGER_CHECKS: readonly (readonly [string, (given: Given) => Promise<string>])[] = [
  ['bzImage with KASLR: breakpoints, stacks, tasks, a module', (given) => boot(given, false)],
  ['the same by fast boot', (given) => boot(given, true)],
  [
    'a breakpoint when a task runs, 4 busy vCPUs at realtime pace',
    async (given) => {
      const session = client();
      try {
        await session.start({ ...launch(given), ...TASK_RUNS_LAUNCH });
        return await breakWhenTasksRun(session);
      } finally {
        await session.end();
      }
    },
  ],
  [
    'the vmlinux is found by the build-id of the kernel in the bzImage',
    async ({ guest, debug }) => {
      const inside = loadSymbols({ image: guest.kernel, initrd: guest.initrd }).kernel;
      assert.ok(inside);
      const { buildId } = inside;
      const place = scratchFolder();
      mkdirSync(join(place, '.build-id', buildId.slice(0, 2)), { recursive: true });
      symlinkSync(debug.vmlinux, join(place, '.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`));
      const { kernel, warnings } = loadSymbols({ image: guest.kernel, initrd: guest.initrd, debugDirectories: [place] });
      assert.deepEqual(warnings, []);
      const [start] = kernel?.file.functionBreakpoints('start_kernel') ?? [];
      assert.match(`${start?.file}:${start?.line}`, /init\/main\.c:\d+$/);
      assert.ok(inside.file.lineAt(start!.address) === undefined, 'the kernel itself has no lines');
      return buildId;
    },
  ],
  [
    'a vmlinux of another build is refused',
    async (given) => {
      if (typeof given.generic === 'string') throw new Error(given.generic);
      const text = await refused({ ...launch(given), image: given.generic.kernel });
      assert.equal(text.match(/[0-9a-f]{40}/g)?.length, 2, text);
      return 'with both build-ids';
    },
  ],
  [
    'a vmlinux that is cut is named, and the guest runs without it',
    async (given) => {
      const cut = join(scratchFolder(), 'vmlinux');
      writeFileSync(cut, new Uint8Array(readFileSync(given.debug.vmlinux).subarray(0, CUT_BYTES)));
      const session = client();
      try {
        await session.initialize();
        await session.request('launch', { ...launch(given), symbolFiles: [{ file: cut }] });
        const { output } = await session.event<DebugProtocol.OutputEvent['body']>('output', (body) => body.category === 'important');
        assert.match(output, /vmlinux is cut short: .* needs \d+ bytes but the file has \d+/);
        return output.slice(-80).trim();
      } finally {
        await session.end();
      }
    },
  ],
];
