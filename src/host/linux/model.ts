// The tree "Linux" without its view: groups, and the rows that each fetches when it is opened.
import type { LinuxAnswer, LinuxArguments, LinuxLogRow, LinuxTaskRow } from '../../protocol/linux';

export interface LinuxNode {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly icon: string;
  /** Asked for when the node is opened; undefined: a leaf. */
  readonly children: LinuxArguments | undefined;
  /** Where a click goes. */
  readonly source: { readonly path: string; readonly line: number } | undefined;
  /** Text to copy. */
  readonly value: string;
  /** Of a task. */
  readonly task?: { readonly pid: number; readonly name: string };
}

const LOG_LINES = 500;
const STATES: Readonly<Record<string, string>> = {
  R: 'running or ready to run',
  S: 'sleeping',
  D: 'waiting without interruption',
  I: 'idle',
  T: 'stopped',
  t: 'stopped by a tracer',
  Z: 'zombie',
  P: 'parked',
  X: 'dead',
};
const LEVELS = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'];
const NS_PER_S = 1e9;

const leaf = { children: undefined, source: undefined } as const;

export const GROUPS: readonly LinuxNode[] = [
  group('vcpus', 'vCPUs', 'The task that each vCPU runs', 'pulse', { what: 'vcpus' }),
  group('tasks', 'Tasks', 'Processes and kernel threads', 'list-tree', { what: 'tasks' }),
  group('modules', 'Modules', 'Loaded kernel modules', 'extensions', { what: 'modules' }),
  group('log', 'Kernel Log', 'What printk wrote, the newest last', 'output', { what: 'log', most: LOG_LINES }),
];

function group(id: string, label: string, tooltip: string, icon: string, children: LinuxArguments): LinuxNode {
  return { id, label, description: '', tooltip, icon, children, source: undefined, value: label };
}

/** The rows of an answer, below the node that asked. */
export function rowsOf(parent: LinuxNode, answer: LinuxAnswer): LinuxNode[] {
  if (answer.problem !== null) return [message(parent, answer.problem)];
  if (answer.vcpus)
    return answer.vcpus.map(({ vcpu, task }) =>
      task
        ? { ...taskNode(task, parent.id), label: `vCPU ${vcpu}`, description: `${task.name} [${task.pid}]`, children: undefined }
        : { ...message(parent, `vCPU ${vcpu} has not come up`), id: `${parent.id}/${vcpu}` },
    );
  if (answer.tasks) return answer.tasks.map((task) => taskNode(task, parent.id));
  if (answer.modules)
    return answer.modules.map(({ name, base, size, state, symbols }) => ({
      ...leaf,
      id: `${parent.id}/${name}`,
      label: name,
      description: `${base} ${size >> 10} KiB${state === 'live' ? '' : ` · ${state}`}`,
      tooltip: symbols === null ? `${name}: no symbols. Name the folder of its file in "moduleFolders".` : `Symbols from ${symbols}`,
      icon: symbols === null ? 'warning' : 'extensions',
      value: base,
    }));
  if (answer.log) return answer.log.map((line) => logNode(line, parent.id));
  if (answer.stack) {
    const frames = answer.stack.frames.map(({ name, address, path, line }, i) => ({
      ...leaf,
      id: `${parent.id}/${i}`,
      label: name,
      description: path === null ? address : `${path.split(/[/\\]/).pop()}:${line}`,
      tooltip: path === null ? address : `${path}:${line} (${address})`,
      icon: 'debug-stackframe',
      source: path !== null && line !== null ? { path, line } : undefined,
      value: address,
    }));
    return answer.stack.end === null ? frames : [...frames, message(parent, `The stack ends here: ${answer.stack.end}`)];
  }
  return [];
}

function taskNode(task: LinuxTaskRow, parent: string): LinuxNode {
  const { address, pid, tgid, name, state, kernelThread, cpu } = task;
  const isThread = pid !== tgid;
  return {
    id: `${parent}/${address}`,
    label: isThread ? `  ${name}` : name,
    description: `${pid}${isThread ? ` (thread of ${tgid})` : ''} ${state} · CPU ${cpu}`,
    tooltip: `${kernelThread ? 'Kernel thread' : isThread ? 'Thread' : 'Process'} ${pid}, parent ${task.parent}: ${STATES[state] ?? state}. task_struct at ${address}`,
    icon: kernelThread ? 'gear' : 'symbol-event',
    children: { what: 'stack', task: address },
    source: undefined,
    value: address,
    task: { pid, name },
  };
}

/** Where the scheduler is back in a task that it has chosen. */
export const TASK_RUNS_AT = 'finish_task_switch';

/** What makes a breakpoint one task's. */
export const conditionOf = ({ pid }: { readonly pid: number }): string => `current->pid == ${pid}`;

function logNode({ sequence, timeNs, level, text }: LinuxLogRow, parent: string): LinuxNode {
  const time = (timeNs / NS_PER_S).toFixed(6);
  return {
    ...leaf,
    id: `${parent}/${sequence}`,
    label: text,
    description: time,
    tooltip: `${time} s, ${LEVELS[level] ?? level}: ${text}`,
    icon: level <= 3 ? 'error' : level === 4 ? 'warning' : 'blank',
    value: text,
  };
}

function message(parent: LinuxNode, text: string): LinuxNode {
  return { ...leaf, id: `${parent.id}/message`, label: text, description: '', tooltip: text, icon: 'info', value: text };
}
