// The view "Linux" of the debug side bar: what a stopped Linux guest runs, knows and has said, read from its memory when a group is opened.
import * as vscode from 'vscode';
import type { LinuxAnswer } from '../../protocol/linux';
import type { Part } from '../host';
import { askForName } from '../name-input';
import type { Sessions } from '../sessions';
import { functionNames } from '../suggestions';
import { conditionOf, groups, type LinuxNode, rowsOf, TASK_RUNS_AT } from './model';

const CONTEXT_KEY = 'hyperscope.isLinux';

function treeItem(node: LinuxNode): vscode.TreeItem {
  const { None, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(node.label, node.children ? Collapsed : None);
  item.id = node.id;
  item.description = node.description;
  item.tooltip = node.tooltip;
  item.iconPath = new vscode.ThemeIcon(node.icon);
  item.contextValue = node.task ? 'linuxTask' : 'linuxNode';
  if (node.source) {
    const { path, line } = node.source;
    const selection = new vscode.Range(line - 1, 0, line - 1, 0);
    item.command = { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [vscode.Uri.file(path), { selection }] };
  }
  return item;
}

/** Ordinary function breakpoints: the view Breakpoints has them, with their condition. */
function breakInTask(name: string, task: NonNullable<LinuxNode['task']>): void {
  vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(name, true, conditionOf(task))]);
}

async function askForFunction(sessions: Sessions, { task }: LinuxNode): Promise<void> {
  if (!task) return;
  const name = await askForName({
    title: vscode.l10n.t('Break in {0} [{1}]', task.name, task.pid),
    prompt: vscode.l10n.t('A function of the kernel or of the program, or a pattern such as vfs_*'),
    suggest: (text) => functionNames(sessions, text),
  });
  if (name) breakInTask(name, task);
}

export const linuxPart: Part = ({ sessions }) => {
  const changed = new vscode.EventEmitter<void>();
  const ask = async (node: LinuxNode): Promise<LinuxNode[]> => {
    const session = sessions.focus?.session;
    if (!session || !node.children) return [];
    try {
      return rowsOf(node, await sessions.request(session, 'hyperscope/linux', node.children), vscode.l10n.t);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return rowsOf(node, { release: '', problem: text }, vscode.l10n.t);
    }
  };
  let shown: LinuxAnswer | undefined;
  const view = vscode.window.createTreeView<LinuxNode>('hyperscope.linux', {
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getTreeItem: treeItem,
      getChildren: (node) => (node ? ask(node) : shown ? [...groups(vscode.l10n.t)] : []),
    },
  });
  /** Rows stay while the guest runs; the next stop reads them anew. */
  const look = async (): Promise<void> => {
    const focus = sessions.focus;
    const answer = focus && (await sessions.request(focus.session, 'hyperscope/linux', { what: 'vcpus' }).catch(() => undefined));
    const isLinux = answer !== undefined && answer.release !== null;
    shown = isLinux ? answer : undefined;
    view.description = shown?.release ?? '';
    await vscode.commands.executeCommand('setContext', CONTEXT_KEY, isLinux);
    changed.fire();
  };
  return vscode.Disposable.from(
    changed,
    view,
    sessions.onTraffic(({ direction, message }) => {
      if (direction === 'fromAdapter' && message.event === 'stopped') void look();
    }),
    sessions.onDidEnd(() => void look()),
    vscode.commands.registerCommand('hyperscope.refreshLinux', look),
    vscode.commands.registerCommand(
      'hyperscope.breakWhenTaskRuns',
      (node?: LinuxNode) => node?.task && breakInTask(TASK_RUNS_AT, node.task),
    ),
    vscode.commands.registerCommand('hyperscope.breakInTask', (node?: LinuxNode) => node && askForFunction(sessions, node)),
    vscode.commands.registerCommand('hyperscope.copyLinuxValue', (node?: LinuxNode) => node && vscode.env.clipboard.writeText(node.value)),
  );
};
