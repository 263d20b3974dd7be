// A panel's subscription to its topic: at one session at a time, and at none while the panel is hidden.
import type * as vscode from 'vscode';
import type { Topic } from '../../../protocol/requests';
import type { PanelSessions } from './services';

export class Subscription {
  private session: vscode.DebugSession | undefined;

  constructor(
    private readonly topic: Topic,
    private readonly sessions: Pick<PanelSessions, 'request' | 'isLive'>,
  ) {}

  move(to: vscode.DebugSession | undefined): void {
    if (this.session?.id === to?.id) return;
    this.tell(this.session, false);
    this.session = to;
    this.tell(to, true);
  }

  /** After a restart of the guest, which has forgotten who listens. */
  renew(session: vscode.DebugSession): void {
    if (this.session?.id === session.id) this.tell(session, true);
  }

  private tell(session: vscode.DebugSession | undefined, on: boolean): void {
    if (!session || !this.sessions.isLive(session)) return;
    this.sessions.request(session, 'hyperscope/subscribe', { topic: this.topic, on }).catch(() => {
      // The session is ending, or not launched yet: then the panel asks when the focus next changes.
      if (on && this.session === session) this.session = undefined;
    });
  }
}
