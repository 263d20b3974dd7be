// What the suites share: F5 by API, and waiting for what the adapter says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';

export const workspace = (): vscode.WorkspaceFolder => {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder);
  return folder;
};

export const lineOf = (name: string, text: string): number => {
  const index = readFileSync(join(workspace().uri.fsPath, name), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text));
  assert.ok(index >= 0, `${name} has no line with ${text}`);
  return index;
};

export function setBreakpoint(name: string, text: string): void {
  const location = new vscode.Location(vscode.Uri.joinPath(workspace().uri, name), new vscode.Position(lineOf(name, text), 0));
  vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(location)]);
}

export const clearBreakpoints = (): void => vscode.debug.removeBreakpoints(vscode.debug.breakpoints);

/** Starts the sample and collects its stops; `next` answers them one by one. */
export class Guest {
  private readonly stops: DebugProtocol.StoppedEvent['body'][] = [];
  private readonly waiting: ((stop: DebugProtocol.StoppedEvent['body']) => void)[] = [];
  console = '';
  /** Messages between editor and adapter, in order. */
  readonly messages: { command?: string; event?: string; type: string }[] = [];
  private constructor(private readonly disposables: vscode.Disposable[]) {}

  static async start(settings: Record<string, unknown> = {}): Promise<Guest> {
    const guest = new Guest([]);
    guest.disposables.push(
      vscode.debug.registerDebugAdapterTrackerFactory('hyperscope', {
        createDebugAdapterTracker: () => ({
          onWillReceiveMessage: (message) => guest.messages.push(message),
          onDidSendMessage: (message) => guest.receive(message),
        }),
      }),
    );
    const configuration = {
      type: 'hyperscope',
      request: 'launch',
      name: 'test',
      image: '${workspaceFolder}/kvm-c.elf',
      memory: '64M',
      vcpus: 2,
      ...settings,
    };
    assert.equal(await vscode.debug.startDebugging(workspace(), configuration), true);
    return guest;
  }

  get session(): vscode.DebugSession {
    const session = vscode.debug.activeDebugSession;
    assert.ok(session);
    return session;
  }

  /** The next stop that was not taken yet. */
  next(): Promise<DebugProtocol.StoppedEvent['body']> {
    const stop = this.stops.shift();
    return stop ? Promise.resolve(stop) : new Promise((done) => this.waiting.push(done));
  }

  async top(threadId = 1): Promise<DebugProtocol.StackFrame> {
    const { stackFrames } = await this.session.customRequest('stackTrace', { threadId, startFrame: 0, levels: 20 });
    return stackFrames[0];
  }

  async stop(): Promise<void> {
    const { session } = this;
    const ended = new Promise<void>((done) =>
      this.disposables.push(vscode.debug.onDidTerminateDebugSession((one) => one.id === session.id && done())),
    );
    await vscode.debug.stopDebugging(session);
    await ended;
    this.dispose();
  }

  dispose(): void {
    for (const item of this.disposables) item.dispose();
  }

  private receive(message: DebugProtocol.Event & { command?: string }): void {
    this.messages.push(message);
    if (message.event === 'hyperscope/console') this.console += Buffer.from(message.body.bytes, 'base64').toString();
    if (message.event !== 'stopped') return;
    const waiting = this.waiting.shift();
    if (waiting) waiting(message.body);
    else this.stops.push(message.body);
  }
}
