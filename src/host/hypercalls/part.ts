// The view "Hypercalls" of the debug side bar: tick a call to stop on it. Usable before F5; kept with the workspace.
import * as vscode from 'vscode';
import { PV_INTERFACES } from '../../pv/rows';
import type { Part } from '../host';
import { HypercallBreakpoints, type HypercallNode, signature } from './model';

const stateKey = 'hypercallBreakpoints';

function treeItem(model: HypercallBreakpoints, node: HypercallNode): vscode.TreeItem {
  const state = model.isChecked(node) ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked;
  if (node.kind === 'interface') {
    const item = new vscode.TreeItem(node.rows.title, vscode.TreeItemCollapsibleState.Expanded);
    item.id = node.id;
    item.checkboxState = { state, tooltip: vscode.l10n.t('Stop on every hypercall of {0}', node.rows.title) };
    return item;
  }
  const { row } = node;
  const item = new vscode.TreeItem(row.name, vscode.TreeItemCollapsibleState.None);
  item.id = node.id;
  item.description = `${row.nr}${row.state === 'refused' ? ' · refused' : ''}`;
  item.checkboxState = {
    state,
    tooltip: vscode.l10n.t('Stop on {0}', node.id),
    accessibilityInformation: { label: vscode.l10n.t('Stop on {0}', row.name) },
  };
  const args = row.args.map(({ name, type, doc }) => `- \`${name}\` ${doc ?? type}`).join('\n');
  item.tooltip = new vscode.MarkdownString(
    `**${signature(row)}**\n\n${row.doc}\n\n${args}\n\nResult: ${row.result}\n\n\`${row.symbol}\`, ${row.caller}`,
  );
  return item;
}

export const hypercallsPart: Part = ({ context, sessions, log }) => {
  const model = new HypercallBreakpoints(PV_INTERFACES, context.workspaceState.get<string[]>(stateKey, []));
  const changed = new vscode.EventEmitter<void>();
  const view = vscode.window.createTreeView<HypercallNode>('hyperscope.hypercallBreakpoints', {
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getTreeItem: (node) => treeItem(model, node),
      getChildren: (node) => (node === undefined ? [...model.interfaces] : node.kind === 'interface' ? node.calls : []),
    },
    manageCheckboxStateManually: true,
  });

  const tell = (session: vscode.DebugSession) =>
    sessions
      .request(session, 'hyperscope/hypercallBreakpoints', { names: model.names })
      .catch((error: unknown) => log.error(`hypercall breakpoints: ${String(error)}`));
  const update = () => {
    changed.fire();
    view.badge = model.names.length
      ? { value: model.names.length, tooltip: vscode.l10n.t('{0} hypercall breakpoints', model.names.length) }
      : undefined;
    void context.workspaceState.update(stateKey, model.names);
    for (const session of sessions.all) void tell(session);
  };

  return vscode.Disposable.from(
    changed,
    view,
    view.onDidChangeCheckboxState(({ items }) => {
      model.set(items.map(([node, state]) => [node, state === vscode.TreeItemCheckboxState.Checked]));
      update();
    }),
    // Sent from within the event: ahead of `configurationDone`, so that not one call is missed.
    sessions.onTraffic(({ session, direction, message }) => {
      if (direction === 'fromAdapter' && message.event === 'initialized' && model.names.length) void tell(session);
    }),
    vscode.commands.registerCommand('hyperscope.clearHypercallBreakpoints', () => {
      model.clear();
      update();
    }),
  );
};
