// "Run in Hyperscope" on a file of the explorer: F5 for one image, without a launch.json. From the palette and the empty view Run and Debug: for what the folder builds.
import * as vscode from 'vscode';
import type { Part } from '../host';
import { chooseImage } from './choose-image';
import { imageConfiguration } from './image-configuration';
import { linuxConfigurations } from './linux-folder';

export const runImagePart: Part = () =>
  vscode.commands.registerCommand('hyperscope.runImage', async (uri?: vscode.Uri) => {
    const folder = uri ? vscode.workspace.getWorkspaceFolder(uri) : vscode.workspace.workspaceFolders?.[0];
    const [linux] = uri ? [] : await linuxConfigurations(folder);
    if (linux) return void (await vscode.debug.startDebugging(folder, linux));
    const image = uri ?? (await chooseImage(folder));
    if (image) await vscode.debug.startDebugging(folder, imageConfiguration(image.fsPath, folder?.uri.fsPath));
  });
