// isa-debug-exit, as QEMU's device of that name at its usual place: a write ends the run with status (value << 1) | 1.
import type { SavedValue } from '../base/saved';
import type { Device, PortHandler, PowerPort } from './ports';

export const DEBUG_EXIT_PORT = 0xf4;
export const DEBUG_EXIT_SIZE = 4;

export class DebugExit implements Device, PortHandler {
  readonly name = 'debug-exit';

  constructor(private readonly power: PowerPort) {}

  reset(): void {}

  save(): SavedValue {
    return null;
  }

  restore(): void {}

  readPort(): number {
    return 0;
  }

  writePort(_port: number, _size: number, value: number): void {
    this.power.debugExit(value);
  }
}
