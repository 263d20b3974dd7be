// testdev, the older ISA test device of KVM's test suite: a byte written to port 0xf1 is printed, a 32-bit read of port 0xd1 gives
// the memory size in bytes. Its exit port 0xf4 is the one of debug-exit.ts, its other ports those of pc-testdev.ts.
import type { SavedValue } from '../../base/saved';
import type { ByteSink, Device, PortHandler } from '../ports';
import { registerPart } from '../register-part';

export const TESTDEV_MEMORY_SIZE_PORT = 0xd1;
export const TESTDEV_PRINT_PORT = 0xf1;

export class Testdev implements Device {
  readonly name = 'testdev';

  constructor(
    private readonly output: ByteSink,
    private readonly memoryBytes: number,
  ) {}

  readonly printPort: PortHandler = { readPort: () => 0xff, writePort: (_port, _size, value) => this.output.write(value & 0xff) };
  readonly memorySizePort: PortHandler = { readPort: (port, size) => registerPart(this.memoryBytes, port, size), writePort: () => {} };

  reset(): void {}

  save(): SavedValue {
    return null;
  }

  restore(): void {}
}
