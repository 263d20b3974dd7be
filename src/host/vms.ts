// One VM of several: restart it or switch it off while the others go on. The editor's own Stop is, on such a session, Disconnect: the VM then goes on without one.
import * as vscode from 'vscode';
import type { Part } from './host';
import { isHostSession, type Sessions } from './sessions';

const CONTEXT_KEY = 'hyperscope.severalVms';

const isOneOfSeveral = ({ parentSession }: vscode.DebugSession): boolean => parentSession !== undefined && isHostSession(parentSession);

/** The one whose menu it was, or the one in focus; what is none of several is said. */
function vmOf(sessions: Sessions, context: unknown): vscode.DebugSession | undefined {
  const { sessionId } = (context ?? {}) as { readonly sessionId?: string };
  const session = sessions.all.find(({ id }) => id === sessionId) ?? sessions.focus?.session;
  if (session && isOneOfSeveral(session)) return session;
  void vscode.window.showInformationMessage(
    vscode.l10n.t('This is for one VM of several ("guests" in launch.json): none of them runs now.'),
  );
  return undefined;
}

async function switchOff(session: vscode.DebugSession): Promise<void> {
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Switch off {0}?', session.name),
    {
      modal: true,
      detail: vscode.l10n.t('A guest that knows a power button shuts down; any other is off at once. The other VMs go on.'),
    },
    vscode.l10n.t('Switch Off'),
  );
  if (answer !== undefined) await session.customRequest('terminate', {});
}

export const vmsPart: Part = ({ sessions }) => {
  const command = (id: string, run: (session: vscode.DebugSession) => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (_item: unknown, context: unknown) => {
      const session = vmOf(sessions, context);
      if (session === undefined) return;
      try {
        await run(session);
      } catch (error) {
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    });
  return vscode.Disposable.from(
    sessions.onDidChange(() => void vscode.commands.executeCommand('setContext', CONTEXT_KEY, sessions.all.some(isOneOfSeveral))),
    command('hyperscope.restartVm', async (session) => session.customRequest('restart', {})),
    command('hyperscope.switchOffVm', switchOff),
  );
};
