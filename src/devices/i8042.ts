// Just enough of the keyboard controller (8042, ports 0x60 and 0x64) for a kernel that resets the machine by it: there is no
// keyboard. Status says "self-test passed, both buffers empty", commands are swallowed, and the pulse commands reset.
import type { SavedValue } from '../base/saved';
import type { Device, PortHandler, PowerPort } from './ports';

export const I8042_DATA_PORT = 0x60;
export const I8042_COMMAND_PORT = 0x64;
const STATUS_SYSTEM = 0x04;
const STATUS_UNLOCKED = 0x10;
/** 0xf0..0xff pulse the output bits whose command bit is clear; bit 0 is the CPU's reset. */
const PULSE = 0xf0;
const NOT_RESET = 0x01;

export class I8042 implements Device {
  readonly name = 'i8042';
  readonly dataPort: PortHandler = { readPort: () => 0, writePort: () => {} };
  readonly commandPort: PortHandler = {
    readPort: () => STATUS_SYSTEM | STATUS_UNLOCKED,
    writePort: (_port, _size, value) => {
      if ((value & PULSE) === PULSE && (value & NOT_RESET) === 0) this.power.reset('keyboard controller');
    },
  };

  constructor(private readonly power: PowerPort) {}

  reset(): void {}

  save(): SavedValue {
    return null;
  }

  restore(): void {}
}
