// F5 without a launch.json: builds what the folder builds, and asks which image where there are several. What is missing is said with the way out.
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { build, builderOf, isBuilding } from './build';
import { findImages } from './find-images';

const newProject = vscode.l10n.t('New Guest Kernel Project…');
const chooseFile = vscode.l10n.t('Choose a File…');

/** False: the user does not want to go on. */
async function built(folder: vscode.WorkspaceFolder): Promise<boolean> {
  const builder = vscode.workspace.isTrusted ? await builderOf(folder) : undefined;
  if (!builder || (await build(folder, builder)) === 0) return true;
  const anyway = vscode.l10n.t('Debug Anyway');
  const problems = vscode.l10n.t('Show Problems');
  const answer = await vscode.window.showErrorMessage(
    vscode.l10n.t('"{0}" failed in {1}.', builder.command, basename(folder.uri.path)),
    anyway,
    problems,
  );
  if (answer === problems) await vscode.commands.executeCommand('workbench.actions.view.problems');
  return answer === anyway;
}

async function noImage(): Promise<vscode.Uri | undefined> {
  const answer = await vscode.window.showErrorMessage(
    vscode.l10n.t(
      'There is no kernel image here: no x86 ELF file without a dynamic linker, and no bzImage. Build one, or say where it is.',
    ),
    chooseFile,
    newProject,
  );
  if (answer === newProject) await vscode.commands.executeCommand('hyperscope.newProject');
  if (answer !== chooseFile) return undefined;
  const [file] =
    (await vscode.window.showOpenDialog({ title: vscode.l10n.t('The kernel image to run'), openLabel: vscode.l10n.t('Run') })) ?? [];
  return file;
}

/** Undefined: nothing is to be started. */
export async function chooseImage(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.Uri | undefined> {
  // F5 a second time, while the first still builds.
  if (folder && isBuilding(folder)) return undefined;
  if (folder && !(await built(folder))) return undefined;
  const images = await findImages(folder);
  if (images.length === 0) return noImage();
  if (images.length === 1) return images[0];
  const chosen = await vscode.window.showQuickPick(
    images.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri })),
    { placeHolder: vscode.l10n.t('The kernel image to run; a launch.json remembers it') },
  );
  return chosen?.uri;
}
