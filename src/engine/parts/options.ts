// What an engine is given besides its configuration: rows' helpers and what a host may have kept.
import type { Helper } from '../../x86/cpu';
import type { Describe } from '../run/unsupported';

export interface EngineOptions {
  /** The interpreter's module of what `buildInterpreter` makes for this kind of memory, where that was made before (at build time). */
  interpreter?: WebAssembly.Module;
  helpers: Readonly<Record<string, Helper>>;
  /** Text of an instruction that is not supported, for the message. */
  describe?: Describe;
  /** The host's clock, for statistics alone. */
  clockMs?: () => number;
  /** A compiled region's module of its bytes, where the host has it optimised already. */
  moduleOf?: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;
}
