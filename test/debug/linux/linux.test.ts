// What the debugger knows of Linux, on a program that has the kernel's structures with known contents: where it lies, tasks, modules, log, expressions.
import assert from 'node:assert/strict';
import { evaluate } from '../../../src/debug/c/evaluate';
import { scalarOf } from '../../../src/debug/c/value';
import { FrameScope } from '../../../src/debug/frames/frame-scope';
import { Stack } from '../../../src/debug/frames/stack';
import { expandExpression, LINUX_WORDS, linuxVariable } from '../../../src/debug/linux/expressions';
import { type KernelFile, kernelFile, releaseOf } from '../../../src/debug/linux/kernel-file';
import { readLog } from '../../../src/debug/linux/kernel-log';
import { locateKernel } from '../../../src/debug/linux/locate';
import { moduleSections, readModules } from '../../../src/debug/linux/modules';
import { nameOfSpace, namesOfSpaces } from '../../../src/debug/linux/spaces';
import { taskStack } from '../../../src/debug/linux/task-stack';
import { currentTask, readTask, readTasks } from '../../../src/debug/linux/tasks';
import { requireCompiler } from '../../symbols/toolchain';
import { fakeKernel, memoryOf, PER_CPU, readImage, stopIn } from './fake-kernel';

describe('Linux under the debugger', () => {
  let kernel: KernelFile;
  before(function () {
    requireCompiler(this, 'gcc');
    kernel = fakeKernel();
  });

  it('knows a kernel by its symbols, and its release by its banner', () => {
    assert.equal(releaseOf(kernel.file), '6.1.0-test');
    assert.match(kernel.buildId, /^[0-9a-f]{40}$/);
    assert.equal(kernelFile([]), undefined);
  });

  describe('its place', () => {
    const moved =
      (slide: bigint, spoil = false) =>
      async (address: bigint, length: number) => {
        const bytes = readImage(kernel.file, PER_CPU, address - slide, length).slice();
        const at = Number(kernel.notes.address + slide - address) + kernel.notes.bytes.length - 1;
        if (spoil && at >= 0 && at < bytes.length) bytes[at]! ^= 0xff;
        return bytes;
      };

    it('is found wherever KASLR may have put it', async () => {
      for (const slide of [0n, 0x20_0000n, 0x2e00_0000n, 0x3e40_0000n - 0x100_0000n])
        assert.deepEqual(await locateKernel(kernel, moved(slide)), { kind: 'found', slide }, `${slide}`);
      assert.deepEqual(await locateKernel(kernel, moved(0x400_0000n), [0n, 0x400_0000n]), { kind: 'found', slide: 0x400_0000n });
    });

    it('is not told while nothing is mapped', async () => {
      assert.deepEqual(await locateKernel(kernel, async () => new Uint8Array(0)), { kind: 'none' });
    });

    it('of a kernel of another build is refused with its build-id', async () => {
      const located = await locateKernel(kernel, moved(0x20_0000n, true));
      assert.equal(located.kind, 'other');
      assert.equal(located.kind === 'other' && located.buildId?.slice(0, 38), kernel.buildId.slice(0, 38));
      assert.notEqual(located.kind === 'other' && located.buildId, kernel.buildId);
    });
  });

  it('names address spaces by the process: with PCID, and by either table where page tables are isolated', async () => {
    const physical = async (linear: bigint): Promise<bigint> => linear & 0x3fff_ffffn;
    const names = await namesOfSpaces(await memoryOf(kernel), physical);
    const root = (kernel.file.symbolAddress('shell_pgd') ?? 0n) & 0x3fff_ffffn;
    assert.deepEqual([...names], [[root, 'sh[10]']]);
    for (const cr3 of [root, root | 0x8000_0000_0000_0007n, root | 0x1087n])
      assert.equal(nameOfSpace(names, cr3), 'sh[10]', cr3.toString(16));
    assert.equal(nameOfSpace(names, root + 0x2000n), undefined);
  });

  it('lists processes, threads and kernel threads', async () => {
    const tasks = await readTasks(await memoryOf(kernel));
    const shown = tasks.map(({ name, pid, tgid, state, isKernelThread, cpu, parent }) => [
      name,
      pid,
      tgid,
      state,
      isKernelThread,
      cpu,
      parent,
    ]);
    assert.deepEqual(shown, [
      ['sh', 10, 10, 'R', false, 0, 0],
      ['helper', 11, 10, 'S', false, 0, 0],
      ['kworker/1:0', 20, 20, 'I', true, 1, 10],
    ]);
  });

  it('knows the current task, in the kernel and in user mode', async () => {
    const memory = await memoryOf(kernel);
    assert.equal((await readTask(memory, await currentTask(memory))).name, 'sh');
    const inUser = await memoryOf(kernel, stopIn(kernel, { 'gs.base': 0n, kernel_gs_base: PER_CPU }));
    assert.equal((await readTask(inUser, await currentTask(inUser))).pid, 10);
  });

  it('lists modules and where their sections are', async () => {
    const memory = await memoryOf(kernel);
    const [module, ...more] = await readModules(memory);
    assert.deepEqual(more, []);
    assert.deepEqual({ ...module, address: 0n }, { address: 0n, name: 'loop', base: 0xffff_ffff_c000_0000n, size: 0x5000, state: 'live' });
    const sections = await moduleSections(memory, module!.address);
    assert.deepEqual(
      [...sections],
      [
        ['.text', 0xffff_ffff_c000_0000n],
        ['.init.text', 0xffff_ffff_c001_0000n],
      ],
    );
  });

  it('reads the log, wrapped lines and lines without text too', async () => {
    const memory = await memoryOf(kernel);
    const lines = await readLog(memory, 100);
    assert.deepEqual(
      lines.map(({ sequence, timeNs, level, text }) => [sequence, timeNs, level, text]),
      [
        [3, 1e9, 3, 'first line'],
        [4, 2e9, 4, ''],
        [5, 3e9, 6, 'wrapped'],
      ],
    );
    assert.deepEqual(
      (await readLog(memory, 1)).map(({ text }) => text),
      ['wrapped'],
    );
  });

  it("takes a waiting task's stack from what the switch saved", async () => {
    const { file } = kernel;
    const [deep] = file.functionsByName('deep');
    const saved = file.symbolAddress('worker_stack')!;
    const memory = await memoryOf(kernel, stopIn(kernel, {}, new Map([[saved + 48n, deep!.lowAddress + 1n]])));
    const stack = await taskStack(memory, file.symbolAddress('worker')!);
    const [top] = await stack.frames(0, 1);
    assert.equal(top?.name, 'deep');
    assert.equal(await top?.physical.register(3), 3n);
    assert.equal(await top?.physical.register(15), 15n);
    assert.equal(await top?.physical.register(7), saved + 56n);
  });

  describe('expressions', () => {
    async function value(text: string): Promise<bigint> {
      const stop = stopIn(kernel, {}, new Map([[kernel.file.symbolAddress('__per_cpu_offset')!, PER_CPU]]));
      const of = () => memoryOf(kernel, stop);
      stop.context.knowledge = {
        words: LINUX_WORDS,
        nameOfUserCode: async () => undefined,
        isOfSymbols: async () => true,
        expand: (each, at) => expandExpression(each, at, of),
        variable: (name, at) => linuxVariable(name, at, of),
      };
      const scope = new FrameScope(await new Stack(stop).top());
      return scalarOf(await evaluate(text, scope), scope);
    }

    it('know current', async () => {
      assert.equal(await value('current->pid'), 10n);
      assert.equal(await value('current->real_parent->pid + current->pid'), 10n);
    });

    it('know per-CPU variables of any CPU', async () => {
      assert.equal(await value('per_cpu(counter, 0)'), 41n);
      assert.equal(await value('this_cpu(counter) + 1'), 42n);
      assert.equal(await value('*per_cpu(&counter)'), 41n);
      assert.equal(await value('per_cpu(current_task)->pid'), 10n);
    });

    it('know container_of, also within itself', async () => {
      assert.equal(await value('container_of(&shell.tasks, struct task_struct, tasks)->pid'), 10n);
      assert.equal(
        await value(
          'container_of(container_of(shell.tasks.next, struct task_struct, tasks)->tasks.next, struct task_struct, tasks) == &init_task',
        ),
        1n,
      );
    });

    it('say what is wrong with a call', async () => {
      await assert.rejects(
        value('container_of(1, struct task_struct)'),
        /container_of: write container_of\(pointer, struct type, member\)/,
      );
      await assert.rejects(value('container_of(1, struct task_struct, nothing)'), /no struct task_struct's nothing/);
      await assert.rejects(value('per_cpu(counter, x)'), /per_cpu: write per_cpu\(variable\)/);
      await assert.rejects(value('per_cpu(counter'), /its "\)" is missing/);
      await assert.rejects(value('per_cpu(no_such_thing)'), /no symbol "no_such_thing"/);
    });
  });
});
