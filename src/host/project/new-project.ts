// "New guest kernel project…": copies a sample into a folder of the user's, with its prebuilt image, so that F5 works before any compiler is there.
import * as vscode from 'vscode';
import type { Part } from '../host';
import { TEMPLATES, type TemplateRow } from './templates.rows';

const generated = /\.(o|d|map)$/;

async function copyFolder(from: vscode.Uri, to: vscode.Uri): Promise<void> {
  await vscode.workspace.fs.createDirectory(to);
  for (const [name, type] of await vscode.workspace.fs.readDirectory(from)) {
    const source = vscode.Uri.joinPath(from, name);
    const target = vscode.Uri.joinPath(to, name);
    if (type === vscode.FileType.Directory) await copyFolder(source, target);
    else if (!generated.test(name)) await vscode.workspace.fs.copy(source, target);
  }
}

const exists = (uri: vscode.Uri): Thenable<boolean> =>
  vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );

async function chooseFolder(template: TemplateRow): Promise<vscode.Uri | undefined> {
  const [parent] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Where the new folder goes'),
      openLabel: vscode.l10n.t('Create Here'),
      canSelectFolders: true,
      canSelectFiles: false,
    })) ?? [];
  if (!parent) return undefined;
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('Name of the new folder'),
    value: template.folder === 'minimal-asm' ? 'my-minimal-kernel' : 'my-kernel',
    validateInput: async (text) => {
      if (!/^[^/\\:*?"<>|]+$/.test(text.trim())) return vscode.l10n.t('A folder name.');
      return (await exists(vscode.Uri.joinPath(parent, text.trim())))
        ? vscode.l10n.t('There is something of this name already.')
        : undefined;
    },
  });
  return name === undefined ? undefined : vscode.Uri.joinPath(parent, name.trim());
}

/** Makes the project; answers its folder. */
async function create(samples: vscode.Uri, template: TemplateRow, folder: vscode.Uri): Promise<vscode.Uri> {
  await copyFolder(vscode.Uri.joinPath(samples, template.folder), folder);
  await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, '.gitignore'), new TextEncoder().encode('*.o\n'));
  return folder;
}

async function open(folder: vscode.Uri): Promise<void> {
  const here = vscode.l10n.t('Open');
  const newWindow = vscode.l10n.t('Open in New Window');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('The project is in {0}. Press F5 in it.', folder.fsPath),
    here,
    newWindow,
  );
  if (answer) await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: answer === newWindow });
}

export const newProjectPart: Part = ({ context }) => {
  const samples = vscode.Uri.joinPath(context.extensionUri, 'samples');
  // Arguments for tests and other extensions: a template's folder name, and the target.
  return vscode.commands.registerCommand('hyperscope.newProject', async (name?: string, target?: vscode.Uri) => {
    const picked =
      TEMPLATES.find(({ folder }) => folder === name) ??
      (await vscode.window.showQuickPick(
        TEMPLATES.map((row) => ({ ...row, label: vscode.l10n.t(row.label), detail: vscode.l10n.t(row.detail) })),
        { title: vscode.l10n.t('New Guest Kernel Project') },
      ));
    if (!picked) return undefined;
    const folder = target ?? (await chooseFolder(picked));
    if (!folder) return undefined;
    await create(samples, picked, folder);
    if (!target) await open(folder);
    return folder;
  });
};
