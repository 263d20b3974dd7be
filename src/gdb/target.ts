// The guest as the GDB server gets it: the command line makes one of its own, a debug session lends it the guest at hand.
import type { Disposable } from '../base/disposable';
import type { Debugger } from '../debug/debugger';
import type { DebuggerEvent } from '../debug/events';
import type { CpuFeatures } from './registers/description';

export interface GdbTarget {
  readonly debugger: Debugger;
  readonly cpu: CpuFeatures;
  /** Path of the image the guest was started from. */
  readonly image: string;
  /** Made for gdb: it ends when gdb quits. */
  readonly owned: boolean;
  onEvent(listener: (event: DebuggerEvent) => void): Disposable;
  /** gdb has let the guest run. */
  resumed(): void;
  kill(): Promise<void>;
  /** A new guest from the same files; undefined: gdb may not. */
  readonly restart: (() => Promise<GdbTarget>) | undefined;
}
