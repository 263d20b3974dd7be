// Builds the folder's kernel by its own build file, as a task that people see, before F5 without a launch.json looks for the image.
import * as vscode from 'vscode';
import { debugType } from '../debug-type';
import { BUILDERS, type BuilderRow } from './builders.rows';

const SOURCE = 'Hyperscope';

export async function builderOf(folder: vscode.WorkspaceFolder): Promise<BuilderRow | undefined> {
  const entries = new Set((await vscode.workspace.fs.readDirectory(folder.uri)).map(([name]) => name));
  // The kernel's own tree is built by hand: it takes long, and not by "make" alone.
  if (entries.has('Kbuild') && entries.has('Kconfig')) return undefined;
  return BUILDERS.find(({ file }) => entries.has(file));
}

/** Whether a build that was begun is still on its way. */
export const isBuilding = (folder: vscode.WorkspaceFolder): boolean =>
  vscode.tasks.taskExecutions.some(({ task }) => task.source === SOURCE && task.scope === folder);

/** Exit status of the build. */
export async function build(folder: vscode.WorkspaceFolder, builder: BuilderRow): Promise<number> {
  const definition = { type: debugType, command: builder.command };
  const execution = new vscode.ShellExecution(builder.command, { cwd: folder.uri.fsPath });
  const task = new vscode.Task(definition, folder, builder.command, SOURCE, execution, [...builder.problemMatchers]);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Silent, panel: vscode.TaskPanelKind.Shared, clear: true };
  return new Promise((done, fail) => {
    let running: vscode.TaskExecution | undefined;
    const listener = vscode.tasks.onDidEndTaskProcess(({ execution: ended, exitCode }) => {
      if (ended !== running && ended.task.name !== task.name) return;
      listener.dispose();
      done(exitCode ?? 1);
    });
    vscode.tasks.executeTask(task).then(
      (started) => {
        running = started;
      },
      (error: unknown) => {
        listener.dispose();
        fail(error);
      },
    );
  });
}
