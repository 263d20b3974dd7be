// Several VMs: all are paused or go on at once, and one is restarted or switched off while the others go on. The editor's own Stop is, on such a session, Disconnect: the VM then goes on without one.
import * as vscode from 'vscode';
import type { Part } from './host';
import { isHostSession, type Sessions } from './sessions';

const CONTEXT_KEY = 'hyperscope.severalVms';

const isOneOfSeveral = ({ parentSession }: vscode.DebugSession): boolean => parentSession !== undefined && isHostSession(parentSession);

/** The one whose menu it was, or the one in focus. */
function vmOf(sessions: Sessions, context: unknown): vscode.DebugSession | undefined {
  const { sessionId } = (context ?? {}) as { readonly sessionId?: string };
  const session = sessions.all.find(({ id }) => id === sessionId) ?? sessions.focus?.session;
  return session && isOneOfSeveral(session) ? session : undefined;
}

/** The host of the VM in focus, or of any. VS Code has no Pause and no Continue on its row: they are for threads, and it has none. */
const hostOf = (sessions: Sessions): vscode.DebugSession | undefined =>
  (vmOf(sessions, undefined) ?? sessions.all.find(isOneOfSeveral))?.parentSession;

function sayNone(): void {
  void vscode.window.showInformationMessage(
    vscode.l10n.t('This is for one VM of several ("guests" in launch.json): none of them runs now.'),
  );
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
  const command = (id: string, run: (session: vscode.DebugSession) => Promise<unknown>, of = vmOf): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (_item: unknown, context: unknown) => {
      const session = of(sessions, context);
      if (session === undefined) return sayNone();
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
    command('hyperscope.pauseVms', async (host) => host.customRequest('pause', { threadId: 1 }), hostOf),
    command('hyperscope.continueVms', async (host) => host.customRequest('continue', { threadId: 1 }), hostOf),
  );
};
