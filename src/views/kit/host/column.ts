// Panels share one group of editors: the first opens beside the source, the others as tabs with it.
import * as vscode from 'vscode';

export function columnOfPanels(): vscode.ViewColumn {
  const group = vscode.window.tabGroups.all.find(({ tabs }) =>
    tabs.some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('hyperscope.')),
  );
  return group?.viewColumn ?? vscode.ViewColumn.Beside;
}

const groups = ['First', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth'];

/** After a reload of the window a tab that is not in front has no panel yet: brings it to the front, which makes its panel. False: there is no such tab. */
export async function revealRestored(viewType: string): Promise<boolean> {
  for (const { tabs, viewColumn } of vscode.window.tabGroups.all) {
    const index = tabs.findIndex(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(viewType));
    const group = groups[viewColumn - 1];
    if (index < 0 || group === undefined) continue;
    await vscode.commands.executeCommand(`workbench.action.focus${group}EditorGroup`);
    await vscode.commands.executeCommand('workbench.action.openEditorAtIndex', index);
    return true;
  }
  return false;
}
