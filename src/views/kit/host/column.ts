// Panels share one group of editors: the first opens beside the source, the others as tabs with it.
import * as vscode from 'vscode';

export function columnOfPanels(): vscode.ViewColumn {
  const group = vscode.window.tabGroups.all.find(({ tabs }) =>
    tabs.some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('hyperscope.')),
  );
  return group?.viewColumn ?? vscode.ViewColumn.Beside;
}
