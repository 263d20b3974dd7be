// The error status register (SDM vol 3, 10.5.3): errors collect until a write shows them.
import type { DeviceState } from '../device-state';

export type ErrorState = DeviceState & {
  shown: number;
  /** Since the last write. */
  collected: number;
};

export const initialErrors = (): ErrorState => ({ shown: 0, collected: 0 });

export class ErrorStatus {
  readonly state = initialErrors();

  /** `raise` asks for the error interrupt. */
  constructor(private readonly raise: () => void) {}

  /** The first error of each kind interrupts, until the register is written. */
  log(error: number): void {
    if ((this.state.collected & error) !== 0) return;
    this.state.collected |= error;
    this.raise();
  }

  write(): void {
    Object.assign(this.state, { shown: this.state.collected, collected: 0 });
  }
}
