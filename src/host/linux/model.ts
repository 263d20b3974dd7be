// The tree "Linux" without its view: groups, and the rows that each fetches when it is opened. `t` gives a text in the editor's language (vscode.l10n.t).
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

type Translate = (text: string, ...values: (string | number)[]) => string;

const LOG_LINES = 500;
const states = (t: Translate): Readonly<Record<string, string>> => ({
  R: t('running or ready to run'),
  S: t('sleeping'),
  D: t('waiting without interruption'),
  I: t('idle'),
  T: t('stopped'),
  t: t('stopped by a tracer'),
  Z: t('zombie'),
  P: t('parked'),
  X: t('dead'),
});
const levels = (t: Translate): readonly string[] => [
  t('emergency'),
  t('alert'),
  t('critical'),
  t('error'),
  t('warning'),
  t('notice'),
  t('info'),
  t('debug'),
];
const NS_PER_S = 1e9;

const leaf = { children: undefined, source: undefined } as const;

export const groups = (t: Translate): readonly LinuxNode[] => [
  group('vcpus', t('vCPUs'), t('The task that each vCPU runs'), 'pulse', { what: 'vcpus' }),
  group('tasks', t('Tasks'), t('Processes and kernel threads'), 'list-tree', { what: 'tasks' }),
  group('modules', t('Modules'), t('Loaded kernel modules'), 'extensions', { what: 'modules' }),
  group('log', t('Kernel Log'), t('What printk wrote, the newest last'), 'output', { what: 'log', most: LOG_LINES }),
];

function group(id: string, label: string, tooltip: string, icon: string, children: LinuxArguments): LinuxNode {
  return { id, label, description: '', tooltip, icon, children, source: undefined, value: label };
}

/** The rows of an answer, below the node that asked. */
export function rowsOf(parent: LinuxNode, answer: LinuxAnswer, t: Translate): LinuxNode[] {
  if (answer.problem !== null) return [message(parent, answer.problem)];
  if (answer.vcpus)
    return answer.vcpus.map(({ vcpu, task }) =>
      task
        ? { ...taskNode(task, parent.id, t), label: t('vCPU {0}', vcpu), description: `${task.name} [${task.pid}]`, children: undefined }
        : { ...message(parent, t('vCPU {0} has not come up', vcpu)), id: `${parent.id}/${vcpu}` },
    );
  if (answer.tasks) return answer.tasks.map((task) => taskNode(task, parent.id, t));
  if (answer.modules)
    return answer.modules.map(({ name, base, size, state, symbols }) => ({
      ...leaf,
      id: `${parent.id}/${name}`,
      label: name,
      description: [t('{0} {1} KiB', base, size >> 10), ...(state === 'live' ? [] : [state])].join(' · '),
      tooltip:
        symbols === null ? t('{0}: no symbols. Name the folder of its file in "moduleFolders".', name) : t('Symbols from {0}', symbols),
      icon: symbols === null ? 'warning' : 'extensions',
      value: base,
    }));
  if (answer.log) return answer.log.map((line) => logNode(line, parent.id, t));
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
    return answer.stack.end === null ? frames : [...frames, message(parent, t('The stack ends here: {0}', answer.stack.end))];
  }
  return [];
}

function taskNode(task: LinuxTaskRow, parent: string, t: Translate): LinuxNode {
  const { address, pid, tgid, name, state, kernelThread, cpu } = task;
  const isThread = pid !== tgid;
  const facts = [pid, task.parent, states(t)[state] ?? state, address];
  return {
    id: `${parent}/${address}`,
    label: isThread ? `  ${name}` : name,
    description: isThread ? t('{0} (thread of {1}) {2} · CPU {3}', pid, tgid, state, cpu) : t('{0} {1} · CPU {2}', pid, state, cpu),
    tooltip: kernelThread
      ? t('Kernel thread {0}, parent {1}: {2}. task_struct at {3}', ...facts)
      : isThread
        ? t('Thread {0}, parent {1}: {2}. task_struct at {3}', ...facts)
        : t('Process {0}, parent {1}: {2}. task_struct at {3}', ...facts),
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

function logNode({ sequence, timeNs, level, text }: LinuxLogRow, parent: string, t: Translate): LinuxNode {
  const time = (timeNs / NS_PER_S).toFixed(6);
  return {
    ...leaf,
    id: `${parent}/${sequence}`,
    label: text,
    description: time,
    tooltip: t('{0} s, {1}: {2}', time, levels(t)[level] ?? level, text),
    icon: level <= 3 ? 'error' : level === 4 ? 'warning' : 'blank',
    value: text,
  };
}

function message(parent: LinuxNode, text: string): LinuxNode {
  return { ...leaf, id: `${parent.id}/message`, label: text, description: '', tooltip: text, icon: 'info', value: text };
}
