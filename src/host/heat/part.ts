// The profile in the editor: a bar in the gutter and a share beside each line that samples stood in. A command turns it on and off.
import * as vscode from 'vscode';
import type { Part } from '../host';
import { barSvg, heatText, LEVELS, type LineHeat, levelOf } from './levels';

const refreshMs = 500;

export const heatPart: Part = ({ sessions, log }) => {
  let on = false;
  let timer: NodeJS.Timeout | undefined;
  const types = Array.from({ length: LEVELS }, (_, i) =>
    vscode.window.createTextEditorDecorationType({
      gutterIconPath: vscode.Uri.parse(`data:image/svg+xml;base64,${Buffer.from(barSvg(i + 1)).toString('base64')}`),
      gutterIconSize: 'contain',
      overviewRulerColor: new vscode.ThemeColor('hyperscope.profileKernel'),
      overviewRulerLane: vscode.OverviewRulerLane.Left,
      after: { margin: '0 0 0 3em', color: new vscode.ThemeColor('editorCodeLens.foreground') },
      isWholeLine: true,
    }),
  );

  const show = (editor: vscode.TextEditor, lines: readonly LineHeat[], points: number): void => {
    const hottest = lines.reduce((most, { self }) => Math.max(most, self), 0);
    const levels: vscode.DecorationOptions[][] = types.map(() => []);
    for (const heat of lines) {
      const level = levelOf(heat.self, hottest);
      if (level === 0 || heat.line < 1 || heat.line > editor.document.lineCount) continue;
      levels[level - 1]?.push({
        range: editor.document.lineAt(heat.line - 1).range,
        renderOptions: { after: { contentText: heatText(heat, points) } },
        hoverMessage: vscode.l10n.t(
          '{0} samples stood in this line, {1} in it or below a call in it, of {2}.',
          heat.self,
          heat.total,
          points,
        ),
      });
    }
    for (const [i, type] of types.entries()) editor.setDecorations(type, levels[i] ?? []);
  };

  const refresh = async (): Promise<void> => {
    for (const editor of vscode.window.visibleTextEditors) {
      const session = sessions.focus?.session;
      if (!on || !session || editor.document.uri.scheme !== 'file') {
        show(editor, [], 0);
        continue;
      }
      try {
        const { points, lines } = await sessions.request(session, 'hyperscope/profileLines', {
          path: editor.document.uri.fsPath,
          selection: {},
        });
        show(editor, lines, points);
      } catch (error) {
        // The session is ending; its marks go with it.
        log.info(`heat: ${error instanceof Error ? error.message : String(error)}`);
        show(editor, [], 0);
      }
    }
  };
  const soon = (): void => {
    if (!on) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void refresh();
    }, refreshMs);
  };

  return vscode.Disposable.from(
    ...types,
    vscode.commands.registerCommand('hyperscope.toggleHeat', async () => {
      on = !on;
      await vscode.commands.executeCommand('setContext', 'hyperscope.heat', on);
      if (on && !sessions.focus)
        void vscode.window.showInformationMessage(
          vscode.l10n.t('No guest runs now: start one with F5, and record a profile in the Profile panel.'),
        );
      await refresh();
    }),
    sessions.onDidChange(soon),
    vscode.window.onDidChangeVisibleTextEditors(soon),
    { dispose: () => clearTimeout(timer) },
  );
};
