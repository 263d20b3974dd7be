// "Collect a bug report": a document with what a maintainer needs. Nothing is sent anywhere; the user reads it, edits it and decides.
import { arch, platform, release } from 'node:os';
import * as vscode from 'vscode';
import { type BugReport, formatBugReport } from './bug-report-text';
import type { Host, Part } from './host';

async function collect({ context, log, sessions }: Host): Promise<BugReport> {
  const session = sessions.focus?.session;
  const statistics = session && (await sessions.request(session, 'hyperscope/statistics', {}).then((answer) => answer.text, String));
  return {
    versions: {
      Hyperscope: String(context.extension.packageJSON.version),
      'VS Code': `${vscode.version} (${vscode.env.appName}${vscode.env.remoteName ? `, remote ${vscode.env.remoteName}` : ''})`,
      Node: process.versions.node,
      V8: process.versions.v8,
      System: `${platform()} ${release()} ${arch()}`,
    },
    configuration: session?.configuration,
    statistics,
    log: log.recent(),
  };
}

export const bugReportPart: Part = (host) =>
  vscode.commands.registerCommand('hyperscope.collectBugReport', async () => {
    const content = formatBugReport(await collect(host));
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'markdown', content }));
  });
