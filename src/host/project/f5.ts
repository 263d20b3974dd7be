// F5 in a kernel's folder with nothing in front that VS Code could debug: it would ask which debugger, or offer to look for "an extension for debugging Makefile".
// A context key says that F5 is to run what the folder builds (package.json, "keybindings"); launch.json and a chosen configuration go before it.
import * as vscode from 'vscode';
import type { Part } from '../host';
import { findImages } from './find-images';
import { linuxConfigurations } from './linux-folder';

const KEY = 'hyperscope.f5RunsFolder';
const LINKER_SCRIPTS = '**/*.{ld,lds}';

async function isKernelFolder(folder: vscode.WorkspaceFolder): Promise<boolean> {
  if ((await linuxConfigurations(folder)).length > 0) return true;
  const scripts = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, LINKER_SCRIPTS), '**/{node_modules,.git}/**', 1);
  return scripts.length > 0 || (await findImages(folder)).length > 0;
}

/** launch.json or the settings have something to start. */
function hasConfigurations(folder: vscode.WorkspaceFolder): boolean {
  const launch = vscode.workspace.getConfiguration('launch', folder.uri);
  return ['configurations', 'compounds'].some((key) => launch.get<unknown[]>(key, []).length > 0);
}

/** Some debugger, ours or another, is started by F5 in such a file. */
const isDebuggable = (language: string): boolean =>
  vscode.extensions.all.some(({ packageJSON }) =>
    (packageJSON.contributes?.debuggers ?? []).some(({ languages }: { languages?: string[] }) => languages?.includes(language)),
  );

export const f5Part: Part = ({ log }) => {
  let isKernel = false;
  const tell = (): void => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const language = vscode.window.activeTextEditor?.document.languageId;
    const runs = isKernel && folder !== undefined && !hasConfigurations(folder) && (language === undefined || !isDebuggable(language));
    void vscode.commands.executeCommand('setContext', KEY, runs);
  };
  const look = async (): Promise<void> => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    isKernel = folder !== undefined && (await isKernelFolder(folder));
    tell();
  };
  const lookAnew = (): void => void look().catch((error: unknown) => log.error(String(error)));
  lookAnew();
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeWorkspaceFolders(lookAnew),
    vscode.window.onDidChangeActiveTextEditor(tell),
    vscode.extensions.onDidChange(tell),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('launch')) tell();
    }),
  );
};
