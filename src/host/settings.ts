// Settings: what people want for all their launches. launch.json wins, and what nobody has set is left to the adapter's defaults.
import * as vscode from 'vscode';
import { withSettings } from './settings-rows';

const section = 'hyperscope';

/** The configuration with the settings for what it does not say. */
export function completed(configuration: vscode.DebugConfiguration, folder: vscode.WorkspaceFolder | undefined): vscode.DebugConfiguration {
  const settings = vscode.workspace.getConfiguration(section, folder?.uri);
  return withSettings(configuration, (name) => {
    const found = settings.inspect(name);
    return found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
  });
}

export const revealsConsole = (): boolean => vscode.workspace.getConfiguration(section).get('console.reveal', true);
export const prefersHexadecimal = (): boolean => vscode.workspace.getConfiguration(section).get('numberFormat') === 'hexadecimal';
