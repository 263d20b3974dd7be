// Requests to handlers, one after another; errors to answers. Urgent ones (pause, cancel, disconnect) do not wait for what is at work.
import { Response } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { UserError } from '../base/user-error';
import { shapeProblem } from './argument-shape';
import { ARGUMENT_SHAPES } from './argument-shapes.rows';
import { DapError, dapErrors } from './errors';
import type { CancelSignal, RequestHandler } from './handler';
import { hostHandler } from './host-session';
import type { Session } from './session';

class Signal implements CancelSignal {
  cancelled = false;
  cancel(): void {
    this.cancelled = true;
  }
  throwIfCancelled(): void {
    if (this.cancelled) throw dapErrors.cancelled();
  }
  async turn(): Promise<void> {
    await new Promise<void>((next) => setImmediate(next));
    this.throwIfCancelled();
  }
}

export class Dispatcher {
  private readonly handlers: ReadonlyMap<string, RequestHandler>;
  private readonly active = new Map<number, Signal>();
  private tail: Promise<void> = Promise.resolve();

  constructor(
    private readonly session: Session,
    handlers: readonly RequestHandler[],
    private readonly send: (message: DebugProtocol.ProtocolMessage) => void,
  ) {
    this.handlers = new Map(handlers.map((handler) => [handler.command, handler]));
  }

  get capabilities(): DebugProtocol.Capabilities {
    return Object.assign({}, ...[...this.handlers.values()].map((handler) => handler.capabilities)) as DebugProtocol.Capabilities;
  }

  receive(message: DebugProtocol.ProtocolMessage): void {
    if (message.type !== 'request') return;
    const request = message as DebugProtocol.Request;
    const signal = new Signal();
    this.active.set(request.seq, signal);
    const handler = this.handlers.get(request.command);
    const work = () => this.work(request, handler, signal);
    if (handler?.urgent) void work();
    else this.tail = this.tail.then(work);
  }

  /** False: it is answered already. */
  cancel(requestSeq: number): boolean {
    const signal = this.active.get(requestSeq);
    signal?.cancel();
    return signal !== undefined;
  }

  /** Resolves when everything received so far is answered. */
  get idle(): Promise<void> {
    return this.tail;
  }

  private async work(request: DebugProtocol.Request, handler: RequestHandler | undefined, signal: Signal): Promise<void> {
    const answer: DebugProtocol.Response = new Response(request);
    try {
      signal.throwIfCancelled();
      if (!handler) throw dapErrors.unknownRequest(request.command);
      const shape = ARGUMENT_SHAPES[request.command];
      const problem = shape && shapeProblem(shape, request.arguments ?? {});
      if (problem !== undefined) throw dapErrors.badArgument(request.command, problem);
      const body = await (this.session.host ? hostHandler(handler) : handler).handle(this.session, request.arguments, signal);
      if (body !== undefined) answer.body = body;
    } catch (thrown) {
      const error = thrown instanceof UserError || !this.session.isOver ? thrown : dapErrors.ended();
      describeFailure(answer, error, request.command);
      if (!(error instanceof UserError)) {
        this.session.log(`${request.command}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
    this.active.delete(request.seq);
    this.send(answer);
    await this.session.runAfterAnswer(request.seq);
  }
}

/** What a person has asked for by a key or a button: nothing else in the editor says that it failed. Views ask for the rest by themselves. */
const ASKED_FOR: ReadonlySet<string> = new Set([
  ...['launch', 'attach', 'restart', 'continue', 'pause', 'next', 'stepIn', 'stepOut', 'stepBack', 'reverseContinue'],
  ...['goto', 'restartFrame', 'terminateThreads'],
]);

function describeFailure(answer: DebugProtocol.Response, error: unknown, command: string): void {
  answer.success = false;
  const text = error instanceof Error ? error.message : String(error);
  const id = error instanceof UserError ? error.id : 'internal';
  answer.message = id === 'cancelled' ? 'cancelled' : id === 'running' ? 'notStopped' : text;
  const number = error instanceof DapError ? error.number : error instanceof UserError ? 2000 : 9999;
  const shown = error instanceof UserError ? text : `Internal error: ${text}`;
  const showUser = error instanceof DapError ? error.showUser : !(error instanceof UserError) || ASKED_FOR.has(command);
  answer.body = { error: { id: number, format: '{text}', variables: { text: shown }, showUser } };
}
