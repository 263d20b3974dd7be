// One vCPU by itself: step or go on with the others held, hold and release, take out of the machine. The editor sends no "singleThread", so these are commands of our own.
import * as vscode from 'vscode';
import type { AloneArguments } from '../protocol/requests';
import type { Part } from './host';
import type { Focus, Sessions } from './sessions';

/** What the context menu of the call stack gives beside a thread's number. */
interface CallStackContext {
  readonly sessionId?: string;
}

/** The vCPU whose menu it was, or the one in focus; where there is none, that is said. */
function vcpuOf(sessions: Sessions, thread: unknown, context: unknown): Focus | undefined {
  const { focus } = sessions;
  const { sessionId } = (context ?? {}) as CallStackContext;
  const session = sessions.all.find(({ id }) => id === sessionId) ?? focus?.session;
  if (session === undefined) void vscode.window.showInformationMessage(vscode.l10n.t('No guest runs now: start one with F5.'));
  else return { session, vcpu: typeof thread === 'number' ? thread - 1 : (focus?.vcpu ?? 0) };
  return undefined;
}

const ALONE: readonly (readonly [command: string, Omit<AloneArguments, 'vcpu'>])[] = [
  ['hyperscope.continueVcpu', { go: 'continue' }],
  ['hyperscope.stepOverVcpu', { go: 'over' }],
  ['hyperscope.stepIntoVcpu', { go: 'in' }],
  ['hyperscope.stepOutVcpu', { go: 'out' }],
  ['hyperscope.stepInstructionVcpu', { go: 'in', instruction: true }],
];

async function takeOffline(session: vscode.DebugSession, vcpu: number): Promise<void> {
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Take vCPU {0} out of the machine?', vcpu),
    {
      modal: true,
      detail: vscode.l10n.t('It does not run again in this session. The guest is not asked: what waits for this processor waits for ever.'),
    },
    vscode.l10n.t('Take Offline'),
  );
  if (answer !== undefined) await session.customRequest('terminateThreads', { threadIds: [vcpu + 1] });
}

export const vcpusPart: Part = ({ sessions }) => {
  const command = (id: string, run: (focus: Focus) => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (thread: unknown, context: unknown) => {
      const focus = vcpuOf(sessions, thread, context);
      if (focus === undefined) return;
      try {
        await run(focus);
      } catch (error) {
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    });
  return vscode.Disposable.from(
    ...ALONE.map(([id, how]) =>
      command(id, async ({ session, vcpu }) => {
        if (sessions.isRunning(session)) void vscode.window.showInformationMessage(vscode.l10n.t('The guest is running: pause it first.'));
        else await sessions.request(session, 'hyperscope/alone', { vcpu, ...how });
      }),
    ),
    command('hyperscope.holdVcpu', ({ session, vcpu }) => sessions.request(session, 'hyperscope/hold', { vcpu, held: true })),
    command('hyperscope.releaseVcpu', ({ session, vcpu }) => sessions.request(session, 'hyperscope/hold', { vcpu, held: false })),
    command('hyperscope.takeVcpuOffline', ({ session, vcpu }) => takeOffline(session, vcpu)),
  );
};
