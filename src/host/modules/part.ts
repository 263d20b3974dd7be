// The view "Modules" of the debug side bar: the symbol files of the guest in focus, which VS Code itself never asks for.
import { basename } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import type { Part } from '../host';

type Module = DebugProtocol.Module & { buildId?: string };

function treeItem(module: Module): vscode.TreeItem {
  const item = new vscode.TreeItem(module.name);
  const complete = /debug information$/.test(module.symbolStatus ?? '') && !/no debug/i.test(module.symbolStatus ?? '');
  item.id = String(module.id);
  item.description = module.addressRange ?? '';
  item.iconPath = new vscode.ThemeIcon(complete ? 'file-binary' : 'warning');
  item.tooltip = new vscode.MarkdownString(
    [`**${basename(module.name)}**`, module.path, module.symbolStatus, module.buildId && `Build ID \`${module.buildId}\``]
      .filter(Boolean)
      .join('\n\n'),
  );
  item.contextValue = 'module';
  return item;
}

export const modulesPart: Part = ({ sessions }) => {
  const changed = new vscode.EventEmitter<void>();
  const modules = async (): Promise<Module[]> => {
    const session = sessions.focus?.session;
    if (!session) return [];
    try {
      return (await session.customRequest('modules', {})).modules;
    } catch {
      // Not launched yet, or gone: the next change asks again.
      return [];
    }
  };
  return vscode.Disposable.from(
    changed,
    vscode.window.registerTreeDataProvider('hyperscope.modules', {
      onDidChangeTreeData: changed.event,
      getTreeItem: treeItem,
      getChildren: (node?: Module) => (node ? [] : modules()),
    }),
    sessions.onDidChange(() => changed.fire()),
    sessions.onDidEnd(() => changed.fire()),
  );
};
