// Which session and vCPU a panel shows: the ones in focus, or those it was pinned to.
import type * as vscode from 'vscode';
import type { PanelFocus } from '../protocol';
import type { PanelSessions } from './services';

interface Target {
  session: vscode.DebugSession;
  vcpu: number;
}

export class FocusFollower {
  private pinned: Target | undefined;
  private lastRunning = '';
  private turn = 0;

  constructor(private readonly sessions: Pick<PanelSessions, 'focus' | 'isLive' | 'isRunning' | 'vcpusOf'>) {}

  get target(): Target | undefined {
    if (this.pinned && !this.sessions.isLive(this.pinned.session)) this.pinned = undefined;
    return this.pinned ?? this.sessions.focus;
  }

  pin(vcpu: number): void {
    const { target } = this;
    this.pinned = target && { session: target.session, vcpu };
  }

  unpin(): void {
    this.pinned = undefined;
  }

  look(): { target: Target | undefined; focus: PanelFocus | null } {
    const { target } = this;
    if (!target) return { target, focus: null };
    const running = this.sessions.isRunning(target.session);
    const state = `${target.session.id} ${running}`;
    // A stop after a step is a new turn, though nothing else differs.
    if (state !== this.lastRunning || !running) this.turn++;
    this.lastRunning = state;
    const vcpus = this.sessions.vcpusOf(target.session);
    return {
      target,
      focus: { session: target.session.name, vcpu: target.vcpu, vcpus, running, pinned: this.pinned !== undefined, turn: this.turn },
    };
  }
}
