// "Break When This Task Runs" on four vCPUs that are busy, at the pace of a person's clock and with page-table isolation: the vCPU that stops is the one that runs the task, each time.
import assert from 'node:assert/strict';
import { conditionOf, TASK_RUNS_AT } from '../../../src/host/linux/model';
import type { LinuxAnswer, LinuxTaskRow } from '../../../src/protocol/linux';
import type { TestClient } from '../../dap/support/client';
import { Dialogue } from './dialogue';

const PROMPT = /guest# $/;
const VCPUS = 4;
const BUSY = 6;
/** More than vCPUs, so that tasks wait and move. */
const BUSY_WORK = `for i in $(seq ${BUSY}); do (while :; do :; done) & done; echo be""gun\n`;

export const TASK_RUNS_LAUNCH = {
  append: 'console=ttyS0 cryptomgr.notests guest.shell pti=on',
  vcpus: VCPUS,
  fastBoot: true,
  history: 'off',
  pace: 'realtime',
  console: 'terminal',
} as const;

export async function breakWhenTasksRun(session: TestClient): Promise<string> {
  const dialogue = new Dialogue((bytes) => void session.request('hyperscope/input', { bytes: Buffer.from(bytes).toString('base64') }));
  const tasks = async (): Promise<readonly LinuxTaskRow[]> =>
    (await session.request<LinuxAnswer>('hyperscope/linux', { what: 'tasks' })).tasks ?? [];
  /** Continues, and answers the vCPU that stops because the task runs there. */
  const untilRuns = async (task: LinuxTaskRow, first: () => void = () => {}): Promise<number> => {
    await session.request('setFunctionBreakpoints', { breakpoints: [{ name: TASK_RUNS_AT, condition: conditionOf(task) }] });
    await session.request('continue', { threadId: 1 });
    first();
    const { threadId = 0, reason } = await session.stopped();
    assert.equal(reason, 'function breakpoint', `${task.name} ${task.pid}`);
    const { vcpus } = await session.request<LinuxAnswer>('hyperscope/linux', { what: 'vcpus' });
    assert.equal(vcpus?.[threadId - 1]?.task?.pid, task.pid, JSON.stringify(vcpus));
    const names = (await session.frames(threadId)).map(({ name }) => name);
    assert.equal(names[0], TASK_RUNS_AT);
    assert.ok(names.includes('__schedule') || names.includes('ret_from_fork'), names.join());
    return threadId - 1;
  };
  const pause = async (): Promise<void> => {
    await session.request('pause', { threadId: 1 });
    await session.stopped();
  };
  const consoleUntil = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(dialogue.shown))
      dialogue.show(Buffer.from((await session.event<{ bytes: string }>('hyperscope/console')).bytes, 'base64'));
  };

  await consoleUntil(PROMPT);
  await pause();
  const shell = (await tasks()).filter(({ kernelThread }) => !kernelThread).at(-1);
  assert.ok(shell);
  const woken = await untilRuns(shell, () => dialogue.type('\n'));
  await session.request('setFunctionBreakpoints', { breakpoints: [] });
  await session.request('continue', { threadId: 1 });
  dialogue.type(BUSY_WORK);
  await consoleUntil(/begun\n/);
  await pause();
  const all = await tasks();
  const busy = all.filter(({ parent }) => parent === shell.pid);
  assert.equal(busy.length, BUSY);
  const thread = all.find(({ name, state }) => /^rcu_(sched|preempt)$/.test(name) && state !== 'Z');
  assert.ok(thread);
  const ran: number[] = [];
  for (const task of [...busy, thread]) ran.push(await untilRuns(task));
  assert.ok(new Set(ran).size > 1, `all on vCPU ${ran[0]}`);
  return `the shell on vCPU ${woken}, ${BUSY} busy tasks and ${thread.name} on vCPUs ${ran.join(' ')}`;
}
