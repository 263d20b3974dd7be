// A client's link to its provider: typed requests and answers, the focus, and what the panel remembers.
import type { RequestName, Requests } from '../../../protocol/requests';
import type { FromPanel, PanelDefinition, PanelFocus, PanelWish, ToPanel } from '../protocol';
import type { Suggestion } from './completion';

interface VsCodeApi {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

export class Link<N extends RequestName, S extends object> {
  private readonly api = acquireVsCodeApi();
  private readonly waiting = new Map<number, { done: (answer: never) => void; fail: (error: Error) => void }>();
  private nextId = 1;
  private remembered: S;
  focus: PanelFocus | null = null;
  /** Which session and vCPU is shown, whether it runs. */
  onFocus: () => void = () => {};
  /** The topic has news; the next comes only after they were read. */
  onChanged: () => void = () => {};
  /** Another part of the editor wants something shown here. */
  onShow: (wish: PanelWish) => void = () => {};

  constructor(_definition: PanelDefinition<N>, initial: S) {
    this.remembered = { ...initial, ...(this.api.getState() as Partial<S> | undefined) };
    addEventListener('message', ({ data }: MessageEvent<ToPanel>) => this.receive(data));
    addEventListener('error', ({ message }) => this.report(message));
    addEventListener('unhandledrejection', ({ reason }) => this.report(String(reason)));
    document.addEventListener('securitypolicyviolation', (event) =>
      this.report(`content security policy: ${event.violatedDirective} blocked ${event.blockedURI}`),
    );
  }

  /** Call once everything is drawn and listens. */
  ready(): void {
    this.api.postMessage({ type: 'ready' });
  }

  request<K extends N>(name: K, args: Requests[K]['arguments']): Promise<Requests[K]['answer']> {
    const id = this.nextId++;
    return new Promise((done, fail) => {
      this.waiting.set(id, { done, fail });
      this.api.postMessage({ type: 'request', id, name, arguments: args });
    });
  }

  /** What may follow in an expression, by the adapter. */
  complete(text: string, column: number): Promise<readonly Suggestion[]> {
    const id = this.nextId++;
    return new Promise((done, fail) => {
      this.waiting.set(id, { done: done as (answer: never) => void, fail });
      this.api.postMessage({ type: 'complete', id, text, column });
    });
  }

  pin(on: boolean, vcpu: number): void {
    this.api.postMessage({ type: 'pin', on, vcpu });
  }

  open(path: string, line: number): void {
    this.api.postMessage({ type: 'open', path, line });
  }

  copy(text: string): void {
    this.api.postMessage({ type: 'copy', text });
  }

  /** Something in another panel, which its command opens. */
  show(command: `hyperscope.show${string}`, wish: PanelWish): void {
    this.api.postMessage({ type: 'show', command, wish });
  }

  breakOn(name: string): void {
    this.api.postMessage({ type: 'breakOn', name });
  }

  /** A request that writes a file, whose name is asked of the user; null: no file was chosen. */
  save<K extends RequestName>(
    name: K,
    args: Omit<Requests[K]['arguments'], 'path'>,
    suggestion: string,
  ): Promise<Requests[K]['answer'] | null> {
    const id = this.nextId++;
    return new Promise((done, fail) => {
      this.waiting.set(id, { done, fail });
      this.api.postMessage({ type: 'save', id, name, arguments: args, suggestion });
    });
  }

  get state(): S {
    return this.remembered;
  }

  remember(change: Partial<S>): void {
    this.remembered = { ...this.remembered, ...change };
    this.api.setState(this.remembered);
  }

  private report(text: string): void {
    this.api.postMessage({ type: 'trouble', text });
  }

  private receive(message: ToPanel): void {
    switch (message.type) {
      case 'focus':
        this.focus = message.focus;
        this.onFocus();
        break;
      case 'changed':
        this.onChanged();
        break;
      case 'show':
        this.onShow(message.wish);
        break;
      case 'answer':
        this.waiting.get(message.id)?.done(message.answer as never);
        this.waiting.delete(message.id);
        break;
      case 'refused':
        this.waiting.get(message.id)?.fail(new Error(message.text));
        this.waiting.delete(message.id);
        break;
    }
  }
}
