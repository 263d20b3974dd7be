// What a guest's power requests come to: collected while an instruction runs, acted on at its end.
import type { PowerPort } from '../../devices/ports';

export type PowerRequest =
  | { kind: 'debug-exit'; value: number }
  | { kind: 'reset'; source: string }
  | { kind: 'power-off'; source: string }
  | { kind: 'crash'; source: string }
  /** By the user, while the guest is in the middle of an instruction. */
  | { kind: 'restart' | 'switch-off' };

export class PowerRequests implements PowerPort {
  private request: PowerRequest | undefined;

  constructor(private readonly leave: () => void) {}

  /** The first request of an instruction counts. */
  private ask(request: PowerRequest): void {
    this.request ??= request;
    this.leave();
  }
  debugExit(value: number): void {
    this.ask({ kind: 'debug-exit', value });
  }
  reset(source: string): void {
    this.ask({ kind: 'reset', source });
  }
  powerOff(source: string): void {
    this.ask({ kind: 'power-off', source });
  }

  /** The guest says that it cannot go on. */
  crash(source: string): void {
    this.ask({ kind: 'crash', source });
  }
  command(kind: 'restart' | 'switch-off'): void {
    this.ask({ kind });
  }

  take(): PowerRequest | undefined {
    const { request } = this;
    this.request = undefined;
    return request;
  }
}

/** Process exit status of a debug exit with this value, as QEMU's isa-debug-exit gives it. */
export const debugExitCode = (value: number): number => ((value << 1) | 1) & 0xff;
