// System control port A of the PS/2 (port 0x92): fast A20 and fast reset. The A20 bit is kept but masks no address line:
// every boot protocol here starts with A20 enabled, and nothing written since the 286 depends on wrapping at 1 MiB.
import type { SavedValue } from '../base/saved';
import { type DeviceDescription, register } from './describe';
import { restoreState, saveState } from './device-state';
import type { Device, PortHandler, PowerPort } from './ports';

export const PORT92 = 0x92;
const FAST_RESET = 0x01;
const A20 = 0x02;

export class Port92 implements Device, PortHandler {
  readonly name = 'port92';
  private readonly state = { value: A20 };

  constructor(private readonly power: PowerPort) {}

  reset(): void {
    this.state.value = A20;
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  describe(): DeviceDescription {
    return { title: 'System control port A', registers: [register('value', this.state.value, 8, ['reset', 'A20'])] };
  }

  readPort(): number {
    return this.state.value;
  }

  writePort(_port: number, _size: number, value: number): void {
    const rising = (value & ~this.state.value & FAST_RESET) !== 0;
    this.state.value = value;
    if (rising) this.power.reset('port 0x92');
  }
}
