// Port 0x61, system control port B of a PC (82371SB PIIX3 data sheet, NMI status and control): speaker gate, refresh toggle.
import type { SavedValue } from '../base/saved';
import { type DeviceDescription, register } from './describe';
import { restoreState, saveState } from './device-state';
import type { Clock, Device, PortHandler } from './ports';

export const SYSTEM_CONTROL_B_PORT = 0x61;
const TIMER2_GATE = 0x01;
const WRITABLE = 0x0f;
const REFRESH_TOGGLE = 0x10;
const TIMER2_OUT = 0x20;
/** Memory refresh requests of a PC come every 18 ticks of the timer's clock. */
const REFRESH_PERIOD_NS = 15_085;

export interface SystemControlBPorts {
  readonly clock: Clock;
  readonly speaker: { setSpeakerGate(level: boolean): void; readonly speakerOut: boolean };
}

export class SystemControlB implements Device, PortHandler {
  readonly name = 'system-control-b';
  private readonly state = { control: 0 };

  constructor(private readonly ports: SystemControlBPorts) {}

  reset(): void {
    this.writePort(0, 1, 0);
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  describe(): DeviceDescription {
    return {
      title: 'System control port B',
      registers: [register('control', this.state.control, 8, ['timer 2 gate', 'speaker', 'parity check off', 'channel check off'])],
    };
  }

  readPort(): number {
    const refresh = Math.floor(this.ports.clock.nowNs() / REFRESH_PERIOD_NS) % 2 === 1 ? REFRESH_TOGGLE : 0;
    return this.state.control | refresh | (this.ports.speaker.speakerOut ? TIMER2_OUT : 0);
  }

  writePort(_port: number, _size: number, value: number): void {
    this.state.control = value & WRITABLE;
    this.ports.speaker.setSpeakerGate((value & TIMER2_GATE) !== 0);
  }
}
