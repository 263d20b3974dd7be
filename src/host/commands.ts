// Palette commands that belong to no other part.
import * as vscode from 'vscode';
import type { Part } from './host';

export const commandsPart: Part = ({ log, sessions }) =>
  vscode.Disposable.from(
    vscode.commands.registerCommand('hyperscope.showLog', () => log.show()),
    vscode.commands.registerCommand('hyperscope.showStatistics', async () => {
      const session = sessions.focus?.session;
      if (!session) return void vscode.window.showInformationMessage(vscode.l10n.t('No guest runs now: start one with F5.'));
      const { text } = await sessions.request(session, 'hyperscope/statistics', {});
      const document = await vscode.workspace.openTextDocument({ language: 'plaintext', content: text });
      await vscode.window.showTextDocument(document, { preview: true });
    }),
  );
