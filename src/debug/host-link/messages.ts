// What the engine's worker and its owner say to each other. Calls are by the method's name; errors that a person should read keep their identity.
import { UserError } from '../../base/user-error';
import type { EngineControl } from '../../machine/control/engine-control';
import type { ControlEvent, HostConfig } from '../../machine/control/types';

/** Methods that cross: all but listening. */
export type Method = Exclude<keyof EngineControl, 'onEvent'>;

export interface WorkerStart {
  config: HostConfig;
  /** Int32Array of one: not zero while a call waits, so that the running host lets it in at once. */
  attention: SharedArrayBuffer;
}

export interface Call {
  id: number;
  method: Method;
  args: unknown[];
}

export interface SentError {
  /** Of a UserError; undefined: our bug. */
  id: string | undefined;
  text: string;
  stack: string | undefined;
}

export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'refused'; error: SentError }
  | { kind: 'result'; id: number; value: unknown }
  | { kind: 'error'; id: number; error: SentError }
  | { kind: 'event'; event: ControlEvent };

export function sendError(error: unknown): SentError {
  if (error instanceof UserError) return { id: error.id, text: error.message, stack: undefined };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { id: undefined, text: message, stack };
}

export function receiveError(sent: SentError): Error {
  if (sent.id !== undefined) return new UserError(sent.id, sent.text);
  const error = new Error(sent.text);
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}
