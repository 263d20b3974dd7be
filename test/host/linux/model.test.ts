// The rows of the tree "Linux", from answers as the adapter gives them.
import assert from 'node:assert/strict';
import { conditionOf, groups, type LinuxNode, rowsOf as translatedRows } from '../../../src/host/linux/model';
import type { LinuxAnswer, LinuxTaskRow } from '../../../src/protocol/linux';

/** As vscode.l10n.t does without a translation. */
const t = (text: string, ...values: (string | number)[]): string => text.replace(/\{(\d+)\}/g, (_, index) => String(values[index]));
const GROUPS = groups(t);
const rowsOf = (parent: LinuxNode, given: LinuxAnswer): LinuxNode[] => translatedRows(parent, given, t);
const answer = (part: Partial<LinuxAnswer>): LinuxAnswer => ({ release: '6.1.0', problem: null, ...part });
const task = (more: Partial<LinuxTaskRow> = {}): LinuxTaskRow => ({
  ...{ address: '0xffff888000001000', pid: 42, tgid: 42, name: 'busybox', state: 'S', kernelThread: false, cpu: 1, parent: 1 },
  ...more,
});
const group = (id: string): LinuxNode => GROUPS.find((each) => each.id === id)!;
const shown = (nodes: readonly LinuxNode[]): string[] => nodes.map(({ label, description }) => `${label} | ${description}`);

describe('the tree "Linux"', () => {
  it('has vCPUs, tasks, modules and the log', () => {
    assert.deepEqual(
      GROUPS.map(({ label }) => label),
      ['vCPUs', 'Tasks', 'Modules', 'Kernel Log'],
    );
    assert.ok(GROUPS.every(({ children }) => children !== undefined));
  });

  it('shows what each vCPU runs', () => {
    const rows = rowsOf(
      group('vcpus'),
      answer({
        vcpus: [
          { vcpu: 0, task: task() },
          { vcpu: 1, task: null },
        ],
      }),
    );
    assert.deepEqual(shown(rows), ['vCPU 0 | busybox [42]', 'vCPU 1 has not come up | ']);
    assert.ok(rows.every(({ children }) => children === undefined));
    assert.equal(new Set(rows.map(({ id }) => id)).size, 2);
  });

  it('shows tasks, whose stacks are asked for when they are opened', () => {
    const rows = rowsOf(
      group('tasks'),
      answer({
        tasks: [task(), task({ pid: 43, name: 'worker', address: '0x2' }), task({ kernelThread: true, state: 'I', address: '0x3' })],
      }),
    );
    assert.deepEqual(shown(rows), ['busybox | 42 S · CPU 1', '  worker | 43 (thread of 42) S · CPU 1', 'busybox | 42 I · CPU 1']);
    assert.deepEqual(rows[0]?.children, { what: 'stack', task: '0xffff888000001000' });
    assert.deepEqual(rows[1]?.task, { pid: 43, name: 'worker' });
    assert.equal(conditionOf(rows[1]!.task!), 'current->pid == 43');
    assert.match(rows[2]?.tooltip ?? '', /^Kernel thread 42, parent 1: idle\. task_struct at 0x3/);
  });

  it('shows a stack with sources, and why it ends', () => {
    const frames = [
      { name: 'schedule', address: '0x10', path: '/linux/kernel/sched/core.c', line: 7 },
      { name: 'asm', address: '0x20', path: null, line: null },
    ];
    const parent = rowsOf(group('tasks'), answer({ tasks: [task()] }))[0]!;
    const rows = rowsOf(parent, answer({ stack: { frames, end: 'rbp is no frame pointer' } }));
    assert.deepEqual(shown(rows), ['schedule | core.c:7', 'asm | 0x20', 'The stack ends here: rbp is no frame pointer | ']);
    assert.deepEqual(rows[0]?.source, { path: '/linux/kernel/sched/core.c', line: 7 });
  });

  it('shows modules, and which have no symbols', () => {
    const loop = { name: 'loop', base: '0xffffffffc0000000', size: 0x5000, state: 'live', symbols: '/m/loop.ko' };
    const rows = rowsOf(group('modules'), answer({ modules: [loop, { ...loop, name: 'other', state: 'coming', symbols: null }] }));
    assert.deepEqual(shown(rows), ['loop | 0xffffffffc0000000 20 KiB', 'other | 0xffffffffc0000000 20 KiB · coming']);
    assert.match(rows[1]?.tooltip ?? '', /moduleFolders/);
  });

  it('shows the log with times and what is grave', () => {
    const rows = rowsOf(group('log'), answer({ log: [{ sequence: 1, timeNs: 1_500_000_000, level: 3, text: 'oops' }] }));
    assert.deepEqual(shown(rows), ['oops | 1.500000']);
    assert.equal(rows[0]?.icon, 'error');
  });

  it('says why nothing can be shown', () => {
    assert.deepEqual(shown(rowsOf(group('tasks'), answer({ problem: 'Linux has not set up its memory yet.' }))), [
      'Linux has not set up its memory yet. | ',
    ]);
  });
});
