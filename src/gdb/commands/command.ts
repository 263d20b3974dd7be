// A packet of gdb's as a row: its name and its answer. An answer that is undefined comes later (a stop reply) or never.
import type { GdbSession } from '../session';

export type Reply = string | Uint8Array | undefined;

export interface Command {
  /** "g", "vCont", "qSupported"; what stands before the first separator. */
  readonly name: string;
  /** `args`: what follows the name, separator included; `rest`: its bytes. Throws UserError for what cannot be. */
  handle(session: GdbSession, args: string, rest: Uint8Array): Reply | Promise<Reply>;
}
