// One request of the protocol: its name, what it lets the client know it can do, and the work. One file each under requests/.
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Session } from './session';

export interface RequestHandler {
  readonly command: string;
  /** Merged into the answer to "initialize". */
  readonly capabilities: DebugProtocol.Capabilities;
  /** Begun at once, though earlier requests are still being worked on. */
  readonly urgent: boolean;
  handle(session: Session, args: unknown, signal: CancelSignal): Promise<unknown>;
}

/** Asked between the pieces of long work. */
export interface CancelSignal {
  readonly cancelled: boolean;
  cancel(): void;
  throwIfCancelled(): void;
  /** Lets what has arrived meanwhile be heard first. */
  turn(): Promise<void>;
}

interface HandlerSpec<A, R> {
  readonly capabilities?: DebugProtocol.Capabilities;
  readonly urgent?: boolean;
  readonly handle: (session: Session, args: A, signal: CancelSignal) => Promise<R> | R;
}

/** A standard or custom request with typed arguments and answer. */
export function request<A, R>(command: string, spec: HandlerSpec<A, R>): RequestHandler {
  return {
    command,
    capabilities: spec.capabilities ?? {},
    urgent: spec.urgent ?? false,
    handle: async (session, args, signal) => spec.handle(session, (args ?? {}) as A, signal),
  };
}
