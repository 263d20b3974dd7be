// A debug client in process: the real connection over a pair of streams, every message checked against the protocol's schema and kept.
import { PassThrough } from 'node:stream';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Connection } from '../../../src/dap/connection';
import type { Environment } from '../../../src/dap/environment';
import type { LaunchedGuests } from '../../../src/dap/launched-guests';
import { Session } from '../../../src/dap/session';
import { ProtocolSchema } from './schema';

const PATIENCE_MS = 120_000;

export class RequestFailed extends Error {
  constructor(readonly response: DebugProtocol.ErrorResponse) {
    super(response.body?.error?.variables?.text ?? response.body?.error?.format ?? response.message);
  }
}

export class TestClient {
  readonly messages: DebugProtocol.ProtocolMessage[] = [];
  readonly logged: string[] = [];
  readonly session: Session;
  private readonly connection: Connection;
  private readonly answers = new Map<number, (response: DebugProtocol.Response) => void>();
  private readonly events: DebugProtocol.Event[] = [];
  private waiting: (() => void)[] = [];
  private problem: Error | undefined;
  private sequence = 0;
  closed = false;

  constructor(
    createHost: Environment['createHost'],
    /** How long an event may take. */
    private readonly patienceMs = PATIENCE_MS,
    /** Of the adapter that it connects to, where others do, too. */
    guests?: LaunchedGuests,
  ) {
    const toAdapter = new PassThrough();
    const toClient = new PassThrough();
    this.session = new Session(new Connection(toAdapter, toClient), { createHost, log: (text) => this.logged.push(text) }, guests);
    this.connection = new Connection(toClient, toAdapter);
    this.connection.onMessage = (message) => this.receive(message);
    this.connection.onClose = () => {
      this.closed = true;
      this.wake();
    };
  }

  private receive(message: DebugProtocol.ProtocolMessage): void {
    this.messages.push(message);
    try {
      ProtocolSchema.get().check(message);
    } catch (error) {
      this.problem ??= error as Error;
    }
    if (message.type === 'event') this.events.push(message as DebugProtocol.Event);
    else if (message.type === 'response') {
      const response = message as DebugProtocol.Response;
      this.answers.get(response.request_seq)?.(response);
    }
    this.wake();
  }

  private wake(): void {
    for (const each of this.waiting.splice(0)) each();
  }

  /** Sends and does not wait. */
  send(command: string, args?: unknown): Promise<DebugProtocol.Response> {
    const request: DebugProtocol.Request = { seq: 0, type: 'request', command };
    if (args !== undefined) request.arguments = args;
    this.messages.push(request);
    const seq = ++this.sequence;
    const answer = new Promise<DebugProtocol.Response>((resolve) => this.answers.set(seq, resolve));
    this.connection.send(request);
    if (request.seq !== seq) throw new Error('sequence numbers got mixed up');
    return answer;
  }

  // biome-ignore lint/suspicious/noExplicitAny: bodies are checked against the schema
  async request<Body = any>(command: string, args?: unknown): Promise<Body> {
    const response = await this.send(command, args);
    if (this.problem) throw this.problem;
    if (!response.success) throw new RequestFailed(response as DebugProtocol.ErrorResponse);
    return response.body as Body;
  }

  /** The next event of this name; those before it of other names are passed over. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are checked against the schema
  async event<Body = any>(name: string, accept: (body: Body) => boolean = () => true): Promise<Body> {
    const until = Date.now() + this.patienceMs;
    for (;;) {
      if (this.problem) throw this.problem;
      const index = this.events.findIndex((each) => each.event === name && accept(each.body as Body));
      if (index >= 0) return this.events.splice(0, index + 1).at(-1)!.body as Body;
      if (this.closed || Date.now() > until) {
        throw new Error(
          `no event "${name}"; events since: ${JSON.stringify(this.events.map((each) => [each.event, each.body]))} ${this.logged.join('\n')}`,
        );
      }
      await new Promise<void>((wake) => {
        const timer = setTimeout(wake, 1000);
        this.waiting.push(() => {
          clearTimeout(timer);
          wake();
        });
      });
    }
  }

  async initialize(extra: Partial<DebugProtocol.InitializeRequestArguments> = {}): Promise<DebugProtocol.Capabilities> {
    return this.request('initialize', {
      clientID: 'test',
      adapterID: 'hyperscope',
      linesStartAt1: true,
      columnsStartAt1: true,
      pathFormat: 'path',
      supportsVariableType: true,
      supportsVariablePaging: true,
      supportsMemoryReferences: true,
      supportsInvalidatedEvent: true,
      supportsMemoryEvent: true,
      ...extra,
    });
  }

  /** initialize, launch, then `configure`, then configurationDone. */
  async start(launch: Record<string, unknown>, configure: () => Promise<void> = async () => {}): Promise<void> {
    await this.initialize();
    await this.request('launch', launch);
    await this.event('initialized');
    await configure();
    await this.request('configurationDone', {});
  }

  async stopped(): Promise<DebugProtocol.StoppedEvent['body']> {
    return this.event('stopped');
  }

  async frames(threadId = 1): Promise<DebugProtocol.StackFrame[]> {
    const { stackFrames } = await this.request<DebugProtocol.StackTraceResponse['body']>('stackTrace', { threadId });
    return stackFrames;
  }

  /** Values by name of a scope of a frame. */
  async scope(frameId: number, name: string): Promise<Record<string, DebugProtocol.Variable>> {
    const { scopes } = await this.request<DebugProtocol.ScopesResponse['body']>('scopes', { frameId });
    const found = scopes.find((each) => each.name === name);
    if (!found) throw new Error(`no scope ${name}`);
    return this.children(found.variablesReference);
  }

  async children(variablesReference: number, range: object = {}): Promise<Record<string, DebugProtocol.Variable>> {
    const { variables } = await this.request<DebugProtocol.VariablesResponse['body']>('variables', { variablesReference, ...range });
    return Object.fromEntries(variables.map((each) => [each.name, each]));
  }

  async evaluate(expression: string, context = 'watch', frameId?: number): Promise<string> {
    const { result } = await this.request<DebugProtocol.EvaluateResponse['body']>('evaluate', { expression, context, frameId });
    return result;
  }

  async end(): Promise<void> {
    if (!this.closed) await this.request('disconnect', {});
    // The adapter hangs up once the guest is gone and files are written.
    while (!this.closed) await new Promise<void>((wake) => this.waiting.push(wake));
  }
}
