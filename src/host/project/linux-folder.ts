// What a workspace folder that is a Linux kernel's build folder is run with.
import { access } from 'node:fs/promises';
import * as vscode from 'vscode';
import { linuxConfiguration } from './linux-configuration';

/** A kernel's build folder has no other images that anybody wants to run. */
export async function linuxConfigurations(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.DebugConfiguration[]> {
  const there = async (path: string): Promise<boolean> =>
    folder !== undefined &&
    access(vscode.Uri.joinPath(folder.uri, path).fsPath).then(
      () => true,
      () => false,
    );
  const found = await linuxConfiguration(there);
  return found ? [found] : [];
}
