// Hexadecimal or decimal in variables, watches and hovers: VS Code sends no value format, so the adapter is told, and told again in each new session.
import * as vscode from 'vscode';
import type { Part } from './host';
import { prefersHexadecimal } from './settings';

const stateKey = 'hexadecimal';

export const numberFormatPart: Part = ({ context, sessions, log }) => {
  let hex = context.workspaceState.get<boolean>(stateKey) ?? prefersHexadecimal();
  const tell = (session: vscode.DebugSession) =>
    sessions.request(session, 'hyperscope/numberFormat', { hex }).catch((error: unknown) => log.error(`number format: ${String(error)}`));
  const show = () => void vscode.commands.executeCommand('setContext', 'hyperscope.hexadecimal', hex);
  const set = async (value: boolean) => {
    hex = value;
    show();
    await context.workspaceState.update(stateKey, hex);
    await Promise.all(sessions.all.map(tell));
  };
  show();
  return vscode.Disposable.from(
    sessions.onTraffic(({ session, direction, message }) => {
      if (hex && direction === 'fromAdapter' && message.event === 'initialized') void tell(session);
    }),
    vscode.commands.registerCommand('hyperscope.showHexadecimal', () => set(true)),
    vscode.commands.registerCommand('hyperscope.showDecimal', () => set(false)),
  );
};
