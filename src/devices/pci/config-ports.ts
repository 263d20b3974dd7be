// PCI configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2): an address at port 0xcf8, taken by 32-bit accesses only, and a window
// on the register it names at 0xcfc. The chip set's reset control register is the byte at 0xcf9.
import type { SavedValue } from '../../base/saved';
import { type DeviceDescription, register } from '../describe';
import { restoreState, saveState } from '../device-state';
import type { Device, PortHandler } from '../ports';
import type { PciFunction } from './config-space';

export const PCI_CONFIG_PORTS = { base: 0xcf8, size: 8 } as const;
const DATA = 4;
const ENABLE = 0x80000000;
const KEPT = 0x80fffffc;
const allOnes = (size: number): number => 0xffffffff >>> (32 - 8 * size);

export class PciConfigPorts implements Device, PortHandler {
  readonly name = 'pci-config';
  private readonly state = { address: 0 };

  constructor(
    private readonly functions: readonly PciFunction[],
    private readonly resetPort: PortHandler,
  ) {}

  reset(): void {
    this.state.address = 0;
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  describe(): DeviceDescription {
    return {
      title: 'PCI bus 0',
      registers: [register('CONFIG_ADDRESS', this.state.address, 32)],
      tables: [
        {
          name: 'Functions',
          columns: [
            { name: 'device' },
            { name: 'function' },
            { name: 'name' },
            { name: 'vendor', bits: 16 },
            { name: 'device id', bits: 16 },
            { name: 'class', bits: 24 },
            { name: 'command' },
            { name: 'interrupt line' },
          ],
          rows: this.functions.map((each) => {
            const { device, function: number, vendorId, deviceId, classCode } = each.row;
            const { command, interruptLine } = each.view;
            return [device, number, each.name, vendorId, deviceId, classCode, command, interruptLine];
          }),
        },
        {
          name: 'Base addresses',
          columns: [
            { name: 'function' },
            { name: 'BAR' },
            { name: 'space' },
            { name: 'base', bits: 32 },
            { name: 'size', unit: 'bytes' },
            { name: 'decoded' },
          ],
          rows: this.functions.flatMap((each) =>
            each.ranges.map(({ bar, space, base, size, decoded }) => [
              each.name,
              bar,
              space === 'port' ? 'I/O' : 'memory',
              base,
              size,
              decoded,
            ]),
          ),
        },
      ],
    };
  }

  readPort(port: number, size: 1 | 2 | 4): number {
    if (port >= DATA) return this.selected?.read(this.register + (port & 3), size) ?? allOnes(size);
    if (port === 0 && size === 4) return this.state.address;
    return this.resetPort.readPort(port, size);
  }

  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    if (port >= DATA) this.selected?.write(this.register + (port & 3), size, value);
    else if (port === 0 && size === 4) this.state.address = (value & KEPT) >>> 0;
    else this.resetPort.writePort(port, size, value);
  }

  private get register(): number {
    return this.state.address & 0xfc;
  }

  private get selected(): PciFunction | undefined {
    const { address } = this.state;
    if ((address & ENABLE) === 0 || ((address >>> 16) & 0xff) !== 0) return undefined;
    const [device, func] = [(address >>> 11) & 31, (address >>> 8) & 7];
    return this.functions.find(({ row }) => row.device === device && row.function === func);
  }
}
