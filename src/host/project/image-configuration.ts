// A launch configuration for an image that was found or chosen.
import { relative, sep } from 'node:path';
import type * as vscode from 'vscode';
import { debugType } from '../debug-type';

/** With a path that stays right when the folder is moved. */
export function imageConfiguration(image: string, folder: string | undefined): vscode.DebugConfiguration {
  const inside = folder === undefined ? undefined : relative(folder, image);
  const isInside = inside !== undefined && inside !== '' && !inside.startsWith('..');
  const shown = isInside ? inside.split(sep).join('/') : image;
  return { type: debugType, request: 'launch', name: `Run ${shown}`, image: isInside ? `\${workspaceFolder}/${shown}` : image };
}
