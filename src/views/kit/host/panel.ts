// The extension's side of one panel: makes the webview, follows the focus, relays requests, and subscribes only while it is visible.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { FromPanel, PanelDefinition, PanelWish, ToPanel } from '../protocol';
import { toggleFunctionBreakpoint } from './breakpoints';
import { columnOfPanels, revealRestored } from './column';
import { fileToWrite } from './file-to-write';
import { FocusFollower } from './focus-follower';
import { pageHtml } from './html';
import { Pacer } from './pacer';
import { parseFromPanel } from './parse';
import type { PanelServices } from './services';
import { Subscription } from './subscription';
import { wishOfArgument } from './wish';

/** Of DAP's CompletionItem. */
interface Target {
  readonly label: string;
  readonly type?: string;
  readonly start: number;
  readonly length: number;
}

export class Panel implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private ready = false;
  /** Waits until the client listens. */
  private wish: PanelWish | undefined;
  private readonly follower: FocusFollower;
  private readonly subscription: Subscription;
  private readonly changes = new Pacer(
    () => vscode.workspace.getConfiguration('hyperscope').get('panels.updatesPerSecond', 30),
    () => this.post({ type: 'changed' }),
  );
  private readonly disposables: vscode.Disposable[];

  constructor(
    private readonly definition: PanelDefinition,
    private readonly services: PanelServices,
  ) {
    const { sessions } = services;
    this.follower = new FocusFollower(sessions);
    this.subscription = new Subscription(definition.topic, sessions);
    this.disposables = [
      vscode.commands.registerCommand(definition.command, (argument?: unknown) => this.show(wishOfArgument(argument))),
      vscode.window.registerWebviewPanelSerializer(definition.viewType, this),
      sessions.onDidChange(() => this.update()),
      sessions.onDidRestart((session) => this.subscription.renew(session)),
      sessions.onCustomEvent(({ session, event, body }) => {
        if (
          event === 'hyperscope/changed' &&
          'topic' in body &&
          body.topic === definition.topic &&
          session.id === this.follower.target?.session.id
        )
          this.changes.request();
      }),
    ];
  }

  private get title(): string {
    return vscode.l10n.t(this.definition.title);
  }

  async show(wish?: PanelWish): Promise<void> {
    const { viewType } = this.definition;
    this.wish = wish;
    if (this.panel) this.panel.reveal(undefined, false);
    else if (!(await revealRestored(viewType)))
      this.attach(vscode.window.createWebviewPanel(viewType, this.title, { viewColumn: columnOfPanels(), preserveFocus: false }));
    this.tellWish();
  }

  /** After a reload of the window; what the client remembers is with `setState` in the webview itself. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.panel?.dispose();
    this.attach(panel);
  }

  dispose(): void {
    this.panel?.dispose();
    this.changes.dispose();
    this.subscription.move(undefined);
    for (const item of this.disposables) item.dispose();
  }

  private attach(panel: vscode.WebviewPanel): void {
    const { extensionUri } = this.services;
    const folder = (...path: string[]) => vscode.Uri.joinPath(extensionUri, ...path);
    const { webview } = panel;
    this.panel = panel;
    panel.iconPath = folder('media', 'icon.png');
    webview.options = { enableScripts: true, localResourceRoots: [folder('dist', 'views'), folder('media')] };
    webview.onDidReceiveMessage((message: unknown) => this.receive(message));
    panel.onDidChangeViewState(() => {
      // A hidden webview is gone with its script; it says "ready" again when shown.
      if (!panel.visible) this.ready = false;
      this.update();
    });
    panel.onDidDispose(() => {
      if (this.panel !== panel) return;
      this.panel = undefined;
      this.ready = false;
      this.follower.unpin();
      this.update();
    });
    webview.html = pageHtml({
      title: this.title,
      language: vscode.env.language,
      texts: vscode.l10n.bundle ?? {},
      nonce: randomBytes(16).toString('hex'),
      cspSource: webview.cspSource,
      script: webview.asWebviewUri(folder('dist', 'views', `${this.definition.id}.js`)).toString(),
      style: webview.asWebviewUri(folder('media', 'panel.css')).toString(),
    });
  }

  private update(): void {
    const visible = this.ready && this.panel?.visible === true;
    const { target, focus } = this.follower.look();
    this.subscription.move(visible ? target?.session : undefined);
    if (visible) this.post({ type: 'focus', focus });
  }

  private tellWish(): void {
    if (!this.wish || !this.ready) return;
    this.post({ type: 'show', wish: this.wish });
    this.wish = undefined;
  }

  private post(message: ToPanel): void {
    if (this.ready) void this.panel?.webview.postMessage(message);
  }

  private receive(raw: unknown): void {
    const message = parseFromPanel(raw, this.definition);
    switch (message?.type) {
      case undefined:
        this.services.log.error(`${this.definition.title}: refused a message of the panel: ${JSON.stringify(raw)?.slice(0, 200)}`);
        break;
      case 'ready':
        this.ready = true;
        this.update();
        this.tellWish();
        break;
      case 'pin':
        if (message.on) this.follower.pin(message.vcpu);
        else this.follower.unpin();
        this.update();
        break;
      case 'request':
        void this.relay(message);
        break;
      case 'complete':
        void this.complete(message);
        break;
      case 'open':
        void this.open(message.path, message.line);
        break;
      case 'copy':
        void vscode.env.clipboard.writeText(message.text);
        break;
      case 'show':
        void vscode.commands.executeCommand(message.command, message.wish);
        break;
      case 'breakOn':
        toggleFunctionBreakpoint(message.name);
        break;
      case 'save':
        void this.save(message);
        break;
      case 'trouble':
        this.services.log.error(`${this.definition.title}: ${message.text}`);
        break;
    }
  }

  private async relay({ id, name, arguments: args }: Extract<ReturnType<typeof parseFromPanel>, { type: 'request' }>): Promise<void> {
    const session = this.follower.target?.session;
    try {
      if (!session) throw new Error('no guest');
      this.post({ type: 'answer', id, answer: await this.services.sessions.request(session, name, args) });
    } catch (error) {
      this.post({ type: 'refused', id, text: error instanceof Error ? error.message : String(error) });
    }
  }

  /** In the words of the debug console, without its commands. */
  private async complete({ id, text, column }: Extract<FromPanel, { type: 'complete' }>): Promise<void> {
    const session = this.follower.target?.session;
    try {
      const found: { targets: Target[] } | undefined = await session?.customRequest('completions', { text, column: column + 1 });
      const answer = (found?.targets ?? [])
        .filter(({ type }) => type !== 'keyword')
        .map(({ label, start, length }) => ({ label, start, length }));
      this.post({ type: 'answer', id, answer });
    } catch {
      // A guest that runs or has ended completes nothing.
      this.post({ type: 'answer', id, answer: [] });
    }
  }

  private async save({ id, name, arguments: args, suggestion }: Extract<FromPanel, { type: 'save' }>): Promise<void> {
    const path = await fileToWrite(suggestion);
    if (path === undefined) this.post({ type: 'answer', id, answer: null });
    else await this.relay({ type: 'request', id, name, arguments: { ...args, path } as never });
  }

  private async open(path: string, line: number): Promise<void> {
    try {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
      const position = new vscode.Position(Math.max(0, line - 1), 0);
      const beside = vscode.window.visibleTextEditors[0]?.viewColumn ?? vscode.ViewColumn.One;
      await vscode.window.showTextDocument(document, {
        viewColumn: beside,
        selection: new vscode.Range(position, position),
        preview: true,
      });
    } catch (error) {
      void vscode.window.showWarningMessage(
        vscode.l10n.t(
          'Cannot open {0}: {1}. "sourceMap" in launch.json maps folders.',
          path,
          error instanceof Error ? error.message : String(error),
        ),
      );
    }
  }
}
