// A stopped Linux guest's tasks, modules, log, and the stacks of tasks that wait.
import { UserError } from '../../base/user-error';
import { releaseOf } from '../../debug/linux/kernel-file';
import { readLog } from '../../debug/linux/kernel-log';
import type { KernelMemory } from '../../debug/linux/kernel-memory';
import type { LinuxGuest } from '../../debug/linux/linux-guest';
import { readModules } from '../../debug/linux/modules';
import { taskStack } from '../../debug/linux/task-stack';
import { currentTask, type LinuxTask, readTask, readTasks } from '../../debug/linux/tasks';
import type { LinuxAnswer, LinuxArguments, LinuxTaskRow } from '../../protocol/linux';
import { toHex as hex } from '../../protocol/wire';
import type { Guest } from '../guest';
import { custom } from './custom';

const MOST_LOG = 10_000;
const MOST_FRAMES = 100;

export const linux = custom('hyperscope/linux', async (session, args): Promise<LinuxAnswer> => {
  const guest = session.stoppedGuest('hyperscope/linux');
  const known = guest.linux;
  if (!known) return { release: null, problem: null };
  const release = releaseOf(known.kernel.file) ?? '';
  try {
    return { release, problem: null, ...(await part(guest, known, args)) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { release, problem: error.message };
  }
});

async function part(guest: Guest, known: LinuxGuest, args: LinuxArguments): Promise<Partial<LinuxAnswer>> {
  const memoryOf = async (vcpu: number): Promise<KernelMemory> => known.memory((await guest.debugger.view(vcpu)).stop);
  const memory = await memoryOf(guest.debugger.stop?.vcpu ?? 0);
  switch (args.what) {
    case 'vcpus': {
      const vcpus = (await guest.control.vcpus()).filter(({ vm }) => vm === guest.vm);
      return { vcpus: await Promise.all(vcpus.map(async ({ vcpu }) => ({ vcpu, task: await taskOf(vcpu, memoryOf) }))) };
    }
    case 'tasks':
      return { tasks: (await readTasks(memory)).map(taskRow) };
    case 'modules': {
      const loaded = await readModules(memory);
      return {
        modules: loaded.map(({ name, base, size, state }) => ({
          name,
          base: hex(base),
          size,
          state,
          symbols: known.moduleSymbols.fileOf(name) ?? null,
        })),
      };
    }
    case 'log':
      return { log: await readLog(memory, Math.min(args.most, MOST_LOG)) };
    case 'stack':
      return { stack: await stackOf(memory, BigInt(args.task)) };
  }
}

/** A vCPU that has not come up yet runs none. */
async function taskOf(vcpu: number, memoryOf: (vcpu: number) => Promise<KernelMemory>): Promise<LinuxTaskRow | null> {
  try {
    const memory = await memoryOf(vcpu);
    return taskRow(await readTask(memory, await currentTask(memory)));
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

const taskRow = ({ address, pid, tgid, name, state, isKernelThread, cpu, parent }: LinuxTask): LinuxTaskRow => ({
  address: hex(address),
  ...{ pid, tgid, name, state, cpu, parent },
  kernelThread: isKernelThread,
});

async function stackOf(memory: KernelMemory, task: bigint): Promise<NonNullable<LinuxAnswer['stack']>> {
  const stack = await taskStack(memory, task);
  const frames = await stack.frames(0, MOST_FRAMES);
  const { end } = stack;
  return {
    frames: frames.map(({ name, physical, position }) => ({
      name,
      address: hex(physical.pc),
      path: position?.file ?? null,
      line: position?.line ?? null,
    })),
    end: end?.kind === 'broken' ? end.reason : null,
  };
}
