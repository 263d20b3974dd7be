// F5: completes and checks a launch configuration before anything starts, so that a mistake is one message that says what to do.
import { access } from 'node:fs/promises';
import * as vscode from 'vscode';
import { UserError } from '../base/user-error';
import { parseLaunch } from '../dap/launch/parse';
import { configurationErrors } from './configuration-errors';
import { resolvePaths, writtenFiles } from './configuration-paths';
import { debugType } from './debug-type';
import type { Part } from './host';
import { chooseImage } from './project/choose-image';
import { findImages } from './project/find-images';
import { imageConfiguration } from './project/image-configuration';
import { linuxConfigurations } from './project/linux-folder';
import { completed } from './settings';

class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  /** Before ${variables} are put in. Without a launch.json: the images of the workspace. */
  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined | null> {
    if (configuration.type || configuration.request || configuration.name) return configuration;
    const [linux] = await linuxConfigurations(folder);
    if (linux) return linux;
    const image = await chooseImage(folder);
    return image && imageConfiguration(image.fsPath, folder?.uri.fsPath);
  }

  /** For a new launch.json: the images that are there. */
  async provideDebugConfigurations(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.DebugConfiguration[]> {
    const found = await foundConfigurations(folder);
    return found.length
      ? found
      : [{ type: debugType, request: 'launch', name: vscode.l10n.t('Run the kernel'), image: '${workspaceFolder}/kernel.elf' }];
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    // Whom to attach to is looked for when the session begins.
    if (configuration.request === 'attach') return configuration;
    try {
      const complete = completed(configuration, folder);
      if (complete.request === 'launch') parseLaunch(complete);
      const resolved = resolvePaths(complete, folder?.uri.fsPath);
      const [written] = writtenFiles(resolved);
      if (written !== undefined && !vscode.workspace.isTrusted) throw configurationErrors.untrusted(written);
      // A task that runs first may be the one that makes the image.
      if (!resolved.preLaunchTask) {
        const images: string[] = resolved.guests?.map((guest: { image: string }) => guest.image) ?? [resolved.image];
        for (const image of images) await access(image).catch(() => Promise.reject(configurationErrors.noImage(image)));
      }
      return resolved;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      void complain(error.message);
      return undefined;
    }
  }
}

async function foundConfigurations(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.DebugConfiguration[]> {
  const linux = await linuxConfigurations(folder);
  if (linux.length > 0) return linux;
  return (await findImages(folder)).map((uri) => imageConfiguration(uri.fsPath, folder?.uri.fsPath));
}

async function complain(text: string): Promise<void> {
  const open = vscode.l10n.t('Open launch.json');
  if ((await vscode.window.showErrorMessage(text, open)) === open) await vscode.commands.executeCommand('workbench.action.debug.configure');
}

export const configurationPart: Part = () => {
  const provider = new ConfigurationProvider();
  const { Initial, Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  return vscode.Disposable.from(
    vscode.debug.registerDebugConfigurationProvider(debugType, provider, Initial),
    vscode.debug.registerDebugConfigurationProvider(debugType, { provideDebugConfigurations: foundConfigurations }, Dynamic),
  );
};
