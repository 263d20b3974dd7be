// The status bar says whether the guest in focus runs, and at what virtual time.
import * as vscode from 'vscode';
import { formatNs } from '../base/format-ns';
import type { Events } from '../protocol/requests';
import type { Part } from './host';

export const statusBarPart: Part = ({ sessions }) => {
  const item = vscode.window.createStatusBarItem('hyperscope.state', vscode.StatusBarAlignment.Left, 5);
  item.name = 'Hyperscope Guest';
  item.command = 'hyperscope.showTime';
  const states = new Map<string, Events['hyperscope/state']>();
  const draw = () => {
    const session = sessions.focus?.session;
    if (!session) return item.hide();
    const running = sessions.isRunning(session);
    const state = states.get(session.id);
    item.text = `$(${running ? 'vm-running' : 'vm-outline'}) guest ${running ? 'running' : 'stopped'}${state ? ` · ${formatNs(state.virtualNs)}` : ''}`;
    item.tooltip = state
      ? `Virtual time ${formatNs(state.virtualNs)}, ${state.instructions.toLocaleString('en')} instructions. Click for run states.`
      : 'Click for run states.';
    item.show();
  };
  return vscode.Disposable.from(
    item,
    sessions.onDidChange(draw),
    sessions.onCustomEvent(({ session, event, body }) => {
      if (event !== 'hyperscope/state') return;
      states.set(session.id, body as Events['hyperscope/state']);
      draw();
    }),
    sessions.onDidEnd((session) => {
      states.delete(session.id);
      draw();
    }),
  );
};
