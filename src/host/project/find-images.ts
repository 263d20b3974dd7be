// The kernel images of the workspace, newest first.
import { open, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { HEAD_BYTES, imageKind, mayBeImage } from './kernel-image';

const mostFiles = 5000;
const ignored = '**/{node_modules,.git,.hg,.cache,deps,incremental}/**';

async function isImage(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return imageKind(buffer.subarray(0, bytesRead)) !== undefined;
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

export async function findImages(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.Uri[]> {
  const pattern = folder ? new vscode.RelativePattern(folder, '**/*') : '**/*';
  const found: { uri: vscode.Uri; changedMs: number }[] = [];
  for (const uri of await vscode.workspace.findFiles(pattern, ignored, mostFiles)) {
    if (uri.scheme !== 'file' || !mayBeImage(uri.path) || !(await isImage(uri.fsPath))) continue;
    found.push({ uri, changedMs: (await stat(uri.fsPath)).mtimeMs });
  }
  return found.toSorted((a, b) => b.changedMs - a.changedMs).map(({ uri }) => uri);
}
