// F5: completes and checks a launch configuration before anything starts, so that a mistake is one message that says what to do.
import { access } from 'node:fs/promises';
import * as vscode from 'vscode';
import { UserError } from '../base/user-error';
import { parseLaunch } from '../dap/launch/parse';
import { configurationErrors } from './configuration-errors';
import { resolvePaths, writtenFiles } from './configuration-paths';
import { debugType } from './debug-type';
import type { Part } from './host';

class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  /** Before ${variables} are put in. Without a launch.json: the images of the workspace. */
  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined | null> {
    if (configuration.type || configuration.request || configuration.name) return configuration;
    const image = await chooseImage(folder);
    if (image === undefined) return null;
    return { type: debugType, request: 'launch', name: `Run ${vscode.workspace.asRelativePath(image)}`, image: image.fsPath };
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    try {
      if (configuration.request === 'launch') parseLaunch(configuration);
      const resolved = resolvePaths(configuration, folder?.uri.fsPath);
      const [written] = writtenFiles(resolved);
      if (written !== undefined && !vscode.workspace.isTrusted) throw configurationErrors.untrusted(written);
      // A task that runs first may be the one that makes the image.
      if (!resolved.preLaunchTask) await access(resolved.image).catch(() => Promise.reject(configurationErrors.noImage(resolved.image)));
      return resolved;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      void complain(error.message);
      return undefined;
    }
  }
}

async function complain(text: string): Promise<void> {
  const open = 'Open launch.json';
  if ((await vscode.window.showErrorMessage(text, open)) === open) await vscode.commands.executeCommand('workbench.action.debug.configure');
}

async function chooseImage(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.Uri | undefined> {
  const pattern = folder ? new vscode.RelativePattern(folder, '**/*.elf') : '**/*.elf';
  const images = await vscode.workspace.findFiles(pattern, '**/node_modules/**', 50);
  if (images.length === 1) return images[0];
  const chosen = await vscode.window.showQuickPick(
    images.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri })),
    { placeHolder: 'The kernel image to run' },
  );
  return chosen?.uri;
}

export const configurationPart: Part = () => vscode.debug.registerDebugConfigurationProvider(debugType, new ConfigurationProvider());
