import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('what the extension contributes', () => {
  const manifest = () => {
    const extension = vscode.extensions.getExtension('hyperscope.hyperscope');
    assert.ok(extension);
    return extension;
  };
  it('is there, and runs where the files are', () => {
    assert.equal(manifest().extensionKind, vscode.ExtensionKind.Workspace);
  });
  it('registers every command it names', async () => {
    await manifest().activate();
    const known = new Set(await vscode.commands.getCommands(true));
    for (const { command } of manifest().packageJSON.contributes.commands) assert.ok(known.has(command), command);
  });
  it('knows assembly and linker scripts', async () => {
    const languageOf = async (name: string) =>
      (
        await vscode.workspace.openTextDocument(
          vscode.Uri.joinPath(vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file('/'), name),
        )
      ).languageId;
    assert.equal(await languageOf('start.S'), 'hyperscope-asm');
    assert.equal(await languageOf('link.ld'), 'hyperscope-ld');
  });
  it('collects a bug report as a document, and sends nothing', async () => {
    await vscode.commands.executeCommand('hyperscope.collectBugReport');
    assert.match(vscode.window.activeTextEditor?.document.getText() ?? '', /^# Hyperscope bug report[\s\S]*VS Code: \d/);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});
