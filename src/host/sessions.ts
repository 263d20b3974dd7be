// The debug sessions of our type: which are alive, whether their guests run, which vCPU is in focus, typed custom requests and events.
import * as vscode from 'vscode';
import type { EventName, Events, RequestName, Requests } from '../protocol/requests';
import { debugType } from './debug-type';

/** What passes between the editor and the adapter. */
export interface Traffic {
  session: vscode.DebugSession;
  direction: 'toAdapter' | 'fromAdapter';
  message: { type?: string; event?: string; command?: string; success?: boolean; body?: unknown };
}
export interface CustomEvent<N extends EventName = EventName> {
  session: vscode.DebugSession;
  event: N;
  body: Events[N];
}
export interface Focus {
  session: vscode.DebugSession;
  vcpu: number;
}

/** After their answer the guest runs; no `continued` event says so (DAP, ContinuedEvent). */
const goesOn = new Set([
  'continue',
  'next',
  'stepIn',
  'stepOut',
  'stepBack',
  'reverseContinue',
  'restartFrame',
  'goto',
  'restart',
  'configurationDone',
]);

/** The session of a host with several VMs: it has no guest of its own, each VM has a session under it. */
export const isHostSession = ({ type, configuration }: vscode.DebugSession): boolean =>
  type === debugType && configuration.guests?.length > 1 && configuration.noDebug !== true;

export class Sessions implements vscode.Disposable {
  private readonly live = new Map<string, { session: vscode.DebugSession; running: boolean; vcpus: number }>();
  private readonly traffic = new vscode.EventEmitter<Traffic>();
  private readonly custom = new vscode.EventEmitter<CustomEvent>();
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly ended = new vscode.EventEmitter<vscode.DebugSession>();
  private readonly restarted = new vscode.EventEmitter<vscode.DebugSession>();
  private lastFocus: Focus | undefined;
  private readonly disposables: vscode.Disposable[];

  /** Every message, in order. A listener that sends a request on `initialized` is ahead of the editor's `configurationDone`. */
  readonly onTraffic = this.traffic.event;
  readonly onCustomEvent = this.custom.event;
  /** A session came, went, stopped or went on, or the focus moved. */
  readonly onDidChange = this.changed.event;
  readonly onDidRestart = this.restarted.event;
  readonly onDidEnd = this.ended.event;

  constructor() {
    this.disposables = [
      this.traffic,
      this.custom,
      this.changed,
      this.ended,
      this.restarted,
      vscode.debug.registerDebugAdapterTrackerFactory(debugType, { createDebugAdapterTracker: (session) => this.track(session) }),
      vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
        if (session.type === debugType) this.custom.fire({ session, event: event as EventName, body });
      }),
      vscode.debug.onDidChangeActiveStackItem(() => this.changed.fire()),
      vscode.debug.onDidChangeActiveDebugSession(() => this.changed.fire()),
      vscode.debug.onDidTerminateDebugSession((session) => this.remove(session)),
    ];
  }

  /** The session and vCPU that the call stack view has in focus; without one, the last that had it and still lives. */
  get focus(): Focus | undefined {
    const item = vscode.debug.activeStackItem;
    const session = item?.session ?? vscode.debug.activeDebugSession;
    if (session?.type === debugType && this.live.has(session.id)) {
      const kept = this.lastFocus?.session.id === session.id ? this.lastFocus.vcpu : 0;
      this.lastFocus = { session, vcpu: item ? item.threadId - 1 : kept };
    } else if (this.lastFocus && !this.live.has(this.lastFocus.session.id)) {
      const [other] = this.live.values();
      this.lastFocus = other && { session: other.session, vcpu: 0 };
    }
    return this.lastFocus;
  }

  get all(): vscode.DebugSession[] {
    return [...this.live.values()].map(({ session }) => session);
  }

  isLive(session: vscode.DebugSession): boolean {
    return this.live.has(session.id);
  }

  /** A VM of a launch of several, or one that was joined, has no number of vCPUs in its configuration. */
  vcpusOf(session: vscode.DebugSession): number {
    return this.live.get(session.id)?.vcpus ?? 1;
  }

  isRunning(session: vscode.DebugSession): boolean {
    return this.live.get(session.id)?.running ?? false;
  }

  request<N extends RequestName>(session: vscode.DebugSession, name: N, args: Requests[N]['arguments']): Promise<Requests[N]['answer']> {
    return Promise.resolve(session.customRequest(name, args));
  }

  dispose(): void {
    for (const item of this.disposables) item.dispose();
  }

  private track(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    if (!isHostSession(session)) this.live.set(session.id, { session, running: true, vcpus: Number(session.configuration.vcpus ?? 1) });
    return {
      onWillReceiveMessage: (message) => this.traffic.fire({ session, direction: 'toAdapter', message }),
      onDidSendMessage: (message) => {
        this.traffic.fire({ session, direction: 'fromAdapter', message });
        this.follow(session, message);
      },
      onWillStopSession: () => this.remove(session),
    };
  }

  private follow(session: vscode.DebugSession, message: Traffic['message']): void {
    const entry = this.live.get(session.id);
    if (!entry) return;
    if (message.type === 'response' && message.success) {
      if (message.command === 'threads') this.count(entry, message.body as { threads?: { id: number }[] });
      if (message.command === 'restart') this.restarted.fire(session);
      if (!goesOn.has(message.command ?? '')) return;
      entry.running = true;
    } else if (message.event === 'stopped') entry.running = false;
    else if (message.event === 'continued') entry.running = true;
    else if (message.event === 'hyperscope/state') entry.running = (message.body as Events['hyperscope/state']).running;
    else return;
    this.changed.fire();
  }

  private count(entry: { vcpus: number }, { threads = [] }: { threads?: { id: number }[] }): void {
    const vcpus = Math.max(entry.vcpus, ...threads.map(({ id }) => id));
    if (vcpus === entry.vcpus) return;
    entry.vcpus = vcpus;
    this.changed.fire();
  }

  private remove(session: vscode.DebugSession): void {
    if (!this.live.delete(session.id)) return;
    this.ended.fire(session);
    this.changed.fire();
  }
}
