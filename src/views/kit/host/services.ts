// What panels need of the extension: the sessions, the log, and where the extension is.
import type * as vscode from 'vscode';
import type { EventName, Events, RequestName, Requests } from '../../../protocol/requests';

export interface PanelSessions {
  readonly focus: { session: vscode.DebugSession; vcpu: number } | undefined;
  isLive(session: vscode.DebugSession): boolean;
  isRunning(session: vscode.DebugSession): boolean;
  /** As many as its guest is known to have. */
  vcpusOf(session: vscode.DebugSession): number;
  request<N extends RequestName>(session: vscode.DebugSession, name: N, args: Requests[N]['arguments']): Promise<Requests[N]['answer']>;
  readonly onDidChange: vscode.Event<void>;
  /** The session goes on with a new guest. */
  readonly onDidRestart: vscode.Event<vscode.DebugSession>;
  readonly onCustomEvent: vscode.Event<{ session: vscode.DebugSession; event: EventName; body: Events[EventName] }>;
}

export interface PanelServices {
  readonly extensionUri: vscode.Uri;
  readonly sessions: PanelSessions;
  readonly log: { error(text: string): void };
}
