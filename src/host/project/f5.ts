// F5 in a kernel's folder with nothing in front that VS Code could debug: it would ask which debugger, or offer to look for "an extension for debugging Makefile".
// Context keys say that F5 is to run what the folder builds unless what is in front is in some debugger's language (package.json, "keybindings"; VS Code knows what is in
// front at once, this extension only later); launch.json and a chosen configuration go before it.
import * as vscode from 'vscode';
import type { Part } from '../host';
import { findImages } from './find-images';
import { linuxConfigurations } from './linux-folder';

const KEY = 'hyperscope.f5RunsFolder';
const LANGUAGES_KEY = 'hyperscope.debuggedLanguages';
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

/** What some debugger, ours or another, is started for by F5. */
const debuggedLanguages = (): string[] =>
  vscode.extensions.all.flatMap(({ packageJSON }) =>
    (packageJSON.contributes?.debuggers ?? []).flatMap(({ languages }: { languages?: string[] }) => languages ?? []),
  );

const setContext = (key: string, value: unknown): void => void vscode.commands.executeCommand('setContext', key, value);

export const f5Part: Part = ({ log }) => {
  let isKernel = false;
  const tell = (): void => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    setContext(KEY, isKernel && folder !== undefined && !hasConfigurations(folder));
  };
  const look = async (): Promise<void> => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    isKernel = folder !== undefined && (await isKernelFolder(folder));
    tell();
  };
  const lookAnew = (): void => void look().catch((error: unknown) => log.error(String(error)));
  const tellLanguages = (): void => setContext(LANGUAGES_KEY, debuggedLanguages());
  tellLanguages();
  lookAnew();
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeWorkspaceFolders(lookAnew),
    vscode.extensions.onDidChange(tellLanguages),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('launch')) tell();
    }),
  );
};
