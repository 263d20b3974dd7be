// What the parts of the extension share: the extension's context, the log, the debug sessions.
import * as vscode from 'vscode';
import { Log } from './log';
import { Sessions } from './sessions';

export interface Host {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  readonly sessions: Sessions;
}

/** Adds its commands, views and listeners; disposing takes all of them away. */
export type Part = (host: Host) => vscode.Disposable;

export function createHost(context: vscode.ExtensionContext): Host {
  const log = new Log();
  const sessions = new Sessions();
  context.subscriptions.push(log, sessions);
  log.info(`Hyperscope ${String(context.extension.packageJSON.version)}, VS Code ${vscode.version}, Node ${process.versions.node}`);
  return { context, log, sessions };
}
