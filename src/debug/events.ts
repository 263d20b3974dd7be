// What the debugger tells whoever shows it: stops with their reason, ends, output. Knows no protocol.
import type { DataTouch, StopEvent } from '../machine/control/stop-types';
import type { ConsoleStream, ExitInfo, FaultInfo, HypercallInfo, Position } from '../machine/control/types';
import type { Breakpoint } from './breakpoints/breakpoint';
import type { ChangedBytes } from './frames/vcpu-stop';

export type ShownReason =
  | { readonly kind: 'entry' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'step' }
  | { readonly kind: 'goto' }
  | { readonly kind: 'breakpoint'; readonly breakpoints: readonly Breakpoint[]; readonly note: string | undefined }
  | {
      readonly kind: 'hypercall';
      readonly breakpoints: readonly Breakpoint[];
      readonly call: HypercallInfo;
      readonly note: string | undefined;
    }
  | {
      readonly kind: 'data';
      readonly breakpoints: readonly Breakpoint[];
      readonly touches: readonly DataTouch[];
      readonly note: string | undefined;
    }
  | { readonly kind: 'event'; readonly breakpoints: readonly Breakpoint[]; readonly event: StopEvent; readonly note: string | undefined }
  | { readonly kind: 'triple-fault'; readonly chain: readonly FaultInfo[] }
  /** `held`: vCPUs are kept from running. */
  | { readonly kind: 'halted-forever'; readonly held?: boolean }
  | { readonly kind: 'unimplemented'; readonly text: string; readonly rip: bigint }
  | { readonly kind: 'limit'; readonly what: string }
  /** The run is over, and stands at its end. */
  | { readonly kind: 'exit'; readonly text: string }
  /** Another moment of the run; `beginning`: nothing earlier is recorded. */
  | { readonly kind: 'travel'; readonly beginning: boolean };

export interface ShownStop {
  readonly reason: ShownReason;
  readonly vcpu: number;
  readonly position: Position;
}

export type DebuggerEvent =
  | { readonly kind: 'stopped'; readonly stop: ShownStop }
  /** `travelling`: through what has been, to another moment. */
  | { readonly kind: 'running'; readonly travelling: boolean }
  | { readonly kind: 'exited'; readonly exit: ExitInfo }
  | { readonly kind: 'lost'; readonly text: string }
  | { readonly kind: 'breakpoint'; readonly breakpoint: Breakpoint }
  /** The run stands at another moment: the console shows this and nothing else. */
  | { readonly kind: 'console-redrawn'; readonly bytes: Uint8Array }
  | { readonly kind: 'log'; readonly text: string; readonly breakpoint: Breakpoint | undefined }
  | { readonly kind: 'console'; readonly stream: ConsoleStream; readonly bytes: Uint8Array }
  | { readonly kind: 'message'; readonly severity: 'info' | 'warning' | 'error'; readonly text: string }
  /** `values`: registers on which no frame depends. */
  | { readonly kind: 'changed'; readonly what: 'memory' | 'registers' | 'values'; readonly at: ChangedBytes | undefined };
