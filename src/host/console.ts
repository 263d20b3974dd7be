// The guest's console as a terminal: what the guest prints comes as events, what the user types goes as a request.
import * as vscode from 'vscode';
import type { Events } from '../protocol/requests';
import { ConsoleText } from './console-text';
import { debugType } from './debug-type';
import type { Part } from './host';
import { isHostSession, type Sessions } from './sessions';
import { revealsConsole } from './settings';

/** One terminal. It outlives its session, so that a restart goes on in the same one. */
class GuestTerminal implements vscode.Pseudoterminal {
  private readonly write = new vscode.EventEmitter<string>();
  private readonly text = new ConsoleText();
  private pending: string[] | undefined = [];
  readonly onDidWrite = this.write.event;
  readonly terminal: vscode.Terminal;
  session: vscode.DebugSession | undefined;
  closed = false;
  /** Typed while the adapter has not answered for what was typed before; undefined: it has. */
  private typedMeanwhile: string | undefined;

  constructor(
    name: string,
    private readonly sessions: Sessions,
  ) {
    this.terminal = vscode.window.createTerminal({ name, pty: this, iconPath: new vscode.ThemeIcon('vm') });
  }

  open(): void {
    const pending = this.pending ?? [];
    this.pending = undefined;
    for (const text of pending) this.write.fire(text);
  }

  close(): void {
    this.closed = true;
    this.write.dispose();
  }

  /** One request at a time: in the past of a run it waits for a person's answer, which is about everything that was typed until then. */
  handleInput(data: string): void {
    if (this.typedMeanwhile !== undefined) this.typedMeanwhile += data;
    else void this.type(data);
  }

  private async type(data: string): Promise<void> {
    for (let text = data; text !== ''; text = this.typedMeanwhile ?? '') {
      const { session } = this;
      if (!session || !this.sessions.isLive(session)) break;
      this.typedMeanwhile = '';
      const bytes = Buffer.from(text, 'utf8').toString('base64');
      try {
        await this.sessions.request(session, 'hyperscope/input', { bytes });
      } catch (error) {
        this.note(error instanceof Error ? error.message : String(error));
        break;
      }
    }
    this.typedMeanwhile = undefined;
  }

  output(bytes: string): void {
    this.show(this.text.decode(Buffer.from(bytes, 'base64')));
  }

  /** A line of ours, told apart from the guest's by being dim. */
  note(text: string): void {
    this.show(`${this.text.atLineStart ? '' : '\r\n'}\x1b[2m— ${text} —\x1b[0m\r\n`);
    this.text.reset();
  }

  private show(text: string): void {
    if (this.closed || text === '') return;
    if (this.pending) this.pending.push(text);
    else this.write.fire(text);
  }
}

export const consolePart: Part = ({ sessions }) => {
  const terminals: GuestTerminal[] = [];

  const attach = (session: vscode.DebugSession): GuestTerminal => {
    const name = `Guest: ${session.configuration.name}`;
    let terminal = terminals.find((one) => !one.closed && one.terminal.name === name && (!one.session || !sessions.isLive(one.session)));
    if (!terminal) {
      terminal = new GuestTerminal(name, sessions);
      terminals.push(terminal);
    }
    terminal.session = session;
    return terminal;
  };
  const of = (session: vscode.DebugSession | undefined) => terminals.find((one) => !one.closed && one.session?.id === session?.id);

  return vscode.Disposable.from(
    vscode.debug.onDidStartDebugSession((session) => {
      const console = session.configuration.console ?? session.parentSession?.configuration.console ?? 'terminal';
      if (session.type === debugType && !isHostSession(session) && console === 'terminal') {
        const { terminal } = of(session) ?? attach(session);
        if (revealsConsole()) terminal.show(true);
      }
    }),
    sessions.onCustomEvent(({ session, event, body }) => {
      if (event === 'hyperscope/console') (of(session) ?? attach(session)).output((body as Events['hyperscope/console']).bytes);
    }),
    sessions.onTraffic(({ session, direction, message }) => {
      if (direction === 'toAdapter' && message.command === 'restart') of(session)?.note(vscode.l10n.t('restart'));
    }),
    sessions.onDidEnd((session) => of(session)?.note(vscode.l10n.t('the session has ended'))),
    vscode.commands.registerCommand('hyperscope.showConsole', () => {
      const terminal = of(sessions.focus?.session) ?? terminals.filter((one) => !one.closed).at(-1);
      if (terminal) terminal.terminal.show();
      else
        void vscode.window.showInformationMessage(
          vscode.l10n.t('No guest has a console terminal now: start one with F5 ("console": "terminal").'),
        );
    }),
    {
      dispose: () => {
        for (const one of terminals) if (!one.closed) one.terminal.dispose();
      },
    },
  );
};
