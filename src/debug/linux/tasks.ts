// The tasks of a Linux guest: struct task_struct (include/linux/sched.h), walked from init_task, and the one that a vCPU runs.
import type { KernelMemory } from './kernel-memory';

export interface LinuxTask {
  /** Of its struct task_struct. */
  readonly address: bigint;
  readonly pid: number;
  /** Of the process; threads differ from it by their pid. */
  readonly tgid: number;
  readonly name: string;
  /** A letter as ps has it. */
  readonly state: string;
  readonly isKernelThread: boolean;
  /** The CPU it runs or ran on last. */
  readonly cpu: number;
  readonly parent: number;
}

const COMM_BYTES = 16;
const PF_KTHREAD = 0x0020_0000n;
/** TASK_REPORT bits and their letters (fs/proc/array.c). */
const STATES: readonly (readonly [bigint, string])[] = [
  [1n, 'S'],
  [2n, 'D'],
  [4n, 'T'],
  [8n, 't'],
  [0x10n, 'X'],
  [0x20n, 'Z'],
  [0x40n, 'P'],
];
const TASK_IDLE = 0x402n;
const MOST_TASKS = 32_768;

export async function readTask(memory: KernelMemory, address: bigint): Promise<LinuxTask> {
  const field = (...paths: string[]): Promise<bigint> => memory.read(address, memory.field('task_struct', ...paths));
  const [pid, tgid, state, exit, flags, cpu, parent] = await Promise.all([
    field('pid'),
    field('tgid'),
    field('__state', 'state'),
    field('exit_state'),
    field('flags'),
    field('thread_info.cpu', 'cpu'),
    field('real_parent'),
  ]);
  const name = await memory.text(address + BigInt(memory.field('task_struct', 'comm').offset), COMM_BYTES);
  const parentPid = parent === 0n ? 0n : await memory.read(parent, memory.field('task_struct', 'tgid'));
  return {
    address,
    pid: Number(pid),
    tgid: Number(tgid),
    name,
    state: stateLetter(state | exit),
    isKernelThread: (flags & PF_KTHREAD) !== 0n,
    cpu: Number(cpu),
    parent: Number(parentPid),
  };
}

function stateLetter(state: bigint): string {
  if ((state & TASK_IDLE) === TASK_IDLE) return 'I';
  return STATES.find(([bit]) => (state & bit) !== 0n)?.[1] ?? 'R';
}

/** Every process and thread, idle tasks aside. */
export async function readTasks(memory: KernelMemory): Promise<LinuxTask[]> {
  const tasks: LinuxTask[] = [];
  const list = memory.field('task_struct', 'tasks').offset;
  const thread = memory.field('task_struct', 'thread_node').offset;
  const signal = memory.field('task_struct', 'signal');
  const threads = memory.field('signal_struct', 'thread_head').offset;
  const init = memory.symbol('init_task');
  for await (const leader of memory.list(init + BigInt(list), list)) {
    const shared = await memory.read(leader, signal);
    const head = shared + BigInt(threads);
    let found = 0;
    if (shared !== 0n) {
      for await (const task of memory.list(head, thread)) {
        tasks.push(await readTask(memory, task));
        found++;
        if (tasks.length >= MOST_TASKS) return tasks;
      }
    }
    if (found === 0) tasks.push(await readTask(memory, leader));
  }
  return tasks;
}

/** What the vCPU at hand runs. */
export async function currentTask(memory: KernelMemory): Promise<bigint> {
  const base = memory.ownPerCpuBase;
  const isHot = !memory.hasSymbol('current_task');
  const offset = isHot
    ? memory.perCpuOffset('pcpu_hot') + BigInt(memory.field('pcpu_hot', 'current_task').offset)
    : memory.perCpuOffset('current_task');
  return memory.number(BigInt.asUintN(64, base + offset));
}
