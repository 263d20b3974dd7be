// "Run in Hyperscope" on a file of the explorer, and from the palette: F5 for one image, without a launch.json.
import * as vscode from 'vscode';
import type { Part } from '../host';
import { chooseImage } from './choose-image';
import { imageConfiguration } from './image-configuration';

export const runImagePart: Part = () =>
  vscode.commands.registerCommand('hyperscope.runImage', async (uri?: vscode.Uri) => {
    const folder = uri ? vscode.workspace.getWorkspaceFolder(uri) : vscode.workspace.workspaceFolders?.[0];
    const image = uri ?? (await chooseImage(folder));
    if (image) await vscode.debug.startDebugging(folder, imageConfiguration(image.fsPath, folder?.uri.fsPath));
  });
