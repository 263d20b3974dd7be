// The POST code register at port 0x80: keeps the last byte. Kernels write it to wait for about a microsecond.
import type { SavedValue } from '../base/saved';
import { type DeviceDescription, register } from './describe';
import { restoreState, saveState } from './device-state';
import type { Device, PortHandler } from './ports';

export const POST_PORT = 0x80;

export class PostPort implements Device, PortHandler {
  readonly name = 'post-port';
  private readonly state = { code: 0 };

  reset(): void {
    this.state.code = 0;
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  describe(): DeviceDescription {
    return { title: 'POST code', registers: [register('code', this.state.code, 8)] };
  }

  /** A register that nothing else looks at. */
  isPlain(): boolean {
    return true;
  }

  readPort(): number {
    return this.state.code;
  }

  writePort(_port: number, _size: number, value: number): void {
    this.state.code = value;
  }
}
