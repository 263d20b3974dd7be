// The debug console of Bochs and QEMU at port 0xe9: a byte written is printed, a read gives 0xe9 where the console is there.
import type { SavedValue } from '../base/saved';
import type { ByteSink, Device, PortHandler } from './ports';

export const DEBUG_CONSOLE_PORT = 0xe9;

export class DebugConsole implements Device, PortHandler {
  readonly name = 'debug-console';

  constructor(private readonly output: ByteSink) {}

  reset(): void {}

  save(): SavedValue {
    return null;
  }

  restore(): void {}

  readPort(): number {
    return DEBUG_CONSOLE_PORT;
  }

  writePort(_port: number, _size: number, value: number): void {
    this.output.write(value & 0xff);
  }
}
