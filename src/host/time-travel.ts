// Time travel in the editor: the commands that the Debug Adapter Protocol has no button for, and the one question before the past is changed.
import * as vscode from 'vscode';
import { parseDurationNs } from '../dap/launch/values';
import type { LastWriteArguments } from '../protocol/requests';
import type { Part } from './host';
import { askForName } from './name-input';
import type { Focus, Sessions } from './sessions';
import { expressionNames } from './suggestions';

/** What the context menu of a variable gives (vscode's IVariablesContext). */
interface VariableContext {
  readonly container?: { readonly variablesReference?: number };
  readonly variable?: { readonly name?: string };
}

/** The stopped guest in focus; where there is none, that is said. */
function stoppedFocus(sessions: Sessions): Focus | undefined {
  const { focus } = sessions;
  if (focus === undefined) void vscode.window.showInformationMessage(vscode.l10n.t('No guest runs now: start one with F5.'));
  else if (sessions.isRunning(focus.session))
    void vscode.window.showInformationMessage(vscode.l10n.t('The guest is running: pause it first.'));
  else return focus;
  return undefined;
}

async function askToForget(sessions: Sessions, session: vscode.DebugSession): Promise<void> {
  const question = vscode.l10n.t('This moment is in the past of the run. What happened after it must be forgotten to change it.');
  // The first is what Enter takes, and who types into the console may press it unseeing.
  const keep = vscode.l10n.t('Keep It');
  const forget = vscode.l10n.t('Forget and Go On');
  const answer = await vscode.window.showWarningMessage(
    question,
    { modal: true, detail: vscode.l10n.t('Going forward without a change keeps it.') },
    keep,
    forget,
  );
  await sessions.request(session, 'hyperscope/fork', { forget: answer === forget });
}

async function askForTime(): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Go to Virtual Time'),
    prompt: vscode.l10n.t('Virtual time since power-on, such as 12.5ms; a plain number is nanoseconds'),
    validateInput: (value) =>
      timeOf(value) === undefined ? vscode.l10n.t('A time such as 12.5ms, 3s, 250us or a number of nanoseconds') : undefined,
  });
  return text === undefined ? undefined : timeOf(text);
}

function timeOf(text: string): number | undefined {
  const trimmed = text.replaceAll(' ', '');
  const virtualNs = /^\d+$/.test(trimmed) ? Number(trimmed) : parseDurationNs(trimmed);
  return virtualNs !== undefined && Number.isSafeInteger(virtualNs) ? virtualNs : undefined;
}

async function saveSnapshot(sessions: Sessions, { session }: Focus): Promise<void> {
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save Snapshot'),
    filters: { [vscode.l10n.t('Hyperscope snapshot')]: ['snapshot'] },
    ...(session.workspaceFolder && { defaultUri: vscode.Uri.joinPath(session.workspaceFolder.uri, 'guest.snapshot') }),
  });
  if (uri === undefined) return;
  await sessions.request(session, 'hyperscope/saveSnapshot', { path: uri.fsPath });
  void vscode.window.showInformationMessage(
    vscode.l10n.t('Saved: "snapshot": "{0}" in launch.json starts from here.', vscode.workspace.asRelativePath(uri)),
  );
}

async function whoWrote(sessions: Sessions, context: VariableContext | undefined): Promise<LastWriteArguments | undefined> {
  const variablesReference = context?.container?.variablesReference;
  const name = context?.variable?.name;
  if (variablesReference !== undefined && name !== undefined) return { variablesReference, name };
  const expression = await askForName({
    title: vscode.l10n.t('Who Wrote This?'),
    prompt: vscode.l10n.t('A C expression with a place in memory, or 0xADDRESS'),
    suggest: (text) => expressionNames(sessions, text),
  });
  if (expression === undefined) return undefined;
  return /^\s*(phys:)?\s*0x[0-9a-f]+\s*$/i.test(expression) ? { address: expression } : { expression };
}

export const timeTravelPart: Part = ({ sessions }) => {
  const command = (id: string, run: (focus: Focus, argument: unknown) => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (argument: unknown) => {
      const focus = stoppedFocus(sessions);
      if (focus === undefined) return;
      try {
        await run(focus, argument);
      } catch (error) {
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    });
  return vscode.Disposable.from(
    sessions.onCustomEvent(({ session, event }) => {
      if (event === 'hyperscope/forkAsked') void askToForget(sessions, session);
    }),
    command('hyperscope.reverseStepInto', ({ session, vcpu }) => sessions.request(session, 'hyperscope/reverseStepInto', { vcpu })),
    command('hyperscope.reverseStepOut', ({ session, vcpu }) => sessions.request(session, 'hyperscope/reverseStepOut', { vcpu })),
    command('hyperscope.goToBeginning', ({ session }) => sessions.request(session, 'hyperscope/goTo', { place: 'begin' })),
    command('hyperscope.goToPresent', ({ session }) => sessions.request(session, 'hyperscope/goTo', { place: 'end' })),
    command('hyperscope.goToTime', async ({ session }) => {
      const virtualNs = await askForTime();
      if (virtualNs !== undefined) await sessions.request(session, 'hyperscope/goTo', { virtualNs });
    }),
    command('hyperscope.whoWrote', async ({ session }, argument) => {
      const place = await whoWrote(sessions, argument as VariableContext | undefined);
      if (place !== undefined) await sessions.request(session, 'hyperscope/lastWrite', place);
    }),
    command('hyperscope.saveSnapshot', (focus) => saveSnapshot(sessions, focus)),
  );
};
