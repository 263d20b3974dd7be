// Where a panel's file goes: the user says it, with the workspace as a suggestion.
import * as vscode from 'vscode';

export async function fileToWrite(suggestion: string): Promise<string | undefined> {
  const extension = suggestion.replace(/^.*\./, '');
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, suggestion) } : {}),
    filters: { [extension.toUpperCase()]: [extension] },
    saveLabel: vscode.l10n.t('Export'),
  });
  return uri?.fsPath;
}
