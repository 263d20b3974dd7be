// The reset control register of Intel's PC chip sets at port 0xcf9 (82371SB PIIX3 data sheet, RC): bit 2 rising resets.
// It lies inside the PCI configuration address register at 0xcf8, which takes 32-bit accesses only: those read as all ones
// (there is no PCI host bridge) and reset nothing, whatever their second byte is.
import type { SavedValue } from '../base/saved';
import { restoreState, saveState } from './device-state';
import type { Device, PortHandler, PowerPort } from './ports';

export const PCI_CONFIG_ADDRESS_PORT = 0xcf8;
export const PCI_CONFIG_ADDRESS_SIZE = 4;
const RESET_CONTROL = 1;
const RESET_CPU = 0x04;
const KEPT = 0x06;

export class ResetPort implements Device, PortHandler {
  readonly name = 'reset-port';
  private readonly state = { value: 0 };

  constructor(private readonly power: PowerPort) {}

  reset(): void {
    this.state.value = 0;
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  readPort(port: number, size: number): number {
    if (size === 1 && port === RESET_CONTROL) return this.state.value;
    return 0xffffffff >>> (32 - 8 * size);
  }

  writePort(port: number, size: number, value: number): void {
    if (size !== 1 || port !== RESET_CONTROL) return;
    const rising = (value & ~this.state.value & RESET_CPU) !== 0;
    this.state.value = value & KEPT;
    if (rising) this.power.reset('port 0xcf9');
  }
}
