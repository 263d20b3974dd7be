// The status bar says whether the guest in focus runs, at what virtual time, and how fast.
import * as vscode from 'vscode';
import { formatNs } from '../base/format-ns';
import type { Events } from '../protocol/requests';
import type { Part } from './host';
import { Speed, speedText } from './speed';

export const statusBarPart: Part = ({ sessions }) => {
  const item = vscode.window.createStatusBarItem('hyperscope.state', vscode.StatusBarAlignment.Left, 5);
  item.name = vscode.l10n.t('Hyperscope Guest');
  item.command = 'hyperscope.showTime';
  const states = new Map<string, Events['hyperscope/state']>();
  const speeds = new Map<string, Speed>();
  /** Sessions whose guests stand because nothing can wake a vCPU: a kernel at its end looks just so. */
  const halted = new Set<string>();
  const draw = () => {
    const session = sessions.focus?.session;
    if (!session) return item.hide();
    const running = sessions.isRunning(session);
    const state = states.get(session.id);
    const perSecond = running ? speeds.get(session.id)?.perSecond : undefined;
    const parts = [
      running
        ? vscode.l10n.t('guest running')
        : halted.has(session.id)
          ? vscode.l10n.t('guest stopped: all halted')
          : vscode.l10n.t('guest stopped'),
      ...(state ? [formatNs(state.virtualNs)] : []),
      ...(perSecond === undefined ? [] : [speedText(perSecond)]),
    ];
    item.text = `$(${running ? 'vm-running' : 'vm-outline'}) ${parts.join(' · ')}`;
    item.tooltip = state
      ? vscode.l10n.t(
          'Virtual time {0}, {1} instructions. Click for run states.',
          formatNs(state.virtualNs),
          state.instructions.toLocaleString('en'),
        )
      : vscode.l10n.t('Click for run states.');
    item.show();
  };
  return vscode.Disposable.from(
    item,
    sessions.onDidChange(draw),
    sessions.onTraffic(({ session, message }) => {
      if (message.event !== 'stopped') return;
      if ((message.body as { reason?: string }).reason === 'halted forever') halted.add(session.id);
      else halted.delete(session.id);
    }),
    sessions.onCustomEvent(({ session, event, body }) => {
      if (event !== 'hyperscope/state') return;
      const state = body as Events['hyperscope/state'];
      states.set(session.id, state);
      const speed = speeds.get(session.id) ?? new Speed();
      speeds.set(session.id, speed);
      if (state.running) speed.add(Date.now(), state.instructions);
      else speed.pause();
      draw();
    }),
    sessions.onDidEnd((session) => {
      states.delete(session.id);
      halted.delete(session.id);
      speeds.delete(session.id);
      draw();
    }),
  );
};
