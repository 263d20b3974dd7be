// Xen's platform device (xen docs/misc/hvm-emulated-unplug.pandoc, docs/man/xen-pci-device-reservations.7.pod): a PCI function by which drivers of HVM guests find
// Xen, whose memory BAR is address space for the grant table; and ports 0x10 to 0x13, by which they ask for emulated disks and network cards to go away.
import type { SavedValue } from '../../base/saved';
import type { Bus, BusTarget } from '../bus';
import type { DeviceDescription } from '../describe';
import type { Device, PortHandler } from '../ports';
import { PciFunction } from './config-space';

export const XEN_UNPLUG = { base: 0x10, size: 4 } as const;
const MAGIC = 0x49d2;
const PROTOCOL_VERSION = 1;
const Offset = { magic: 0, product: 2 } as const;
const PCI_ID = { vendor: 0x5853, device: 0x0001 } as const;
const BARS = { port: { base: 0xc100, size: 0x100 }, mmio: { base: 0xf000_0000, size: 0x100_0000 } } as const;
/** Where the PC's IDE controller would be, whose place Xen's device takes (xl: 00:02.0). */
const SLOT = 2;
/** Nothing is behind the BARs: the first is for a log, the second is only an address. */
const nothing: BusTarget = { read: () => 0xffff_ffff, write: () => {} };

export class XenUnplugPorts implements Device, PortHandler {
  readonly name = 'xen-unplug';
  private readonly state = { product: 0, build: 0, unplugged: 0 };

  reset(): void {
    Object.assign(this.state, { product: 0, build: 0, unplugged: 0 });
  }

  readPort(port: number, size: 1 | 2 | 4): number {
    if (port === Offset.magic) return size === 1 ? MAGIC & 0xff : MAGIC;
    return port === Offset.product ? PROTOCOL_VERSION : 0;
  }

  /** A word to the first port unplugs, a double word there is the driver's build number. */
  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    if (port === Offset.product) this.state.product = value & 0xffff;
    else if (port === Offset.magic && size === 4) this.state.build = value;
    else if (port === Offset.magic && size === 2) this.state.unplugged |= value;
  }

  describe(): DeviceDescription {
    const { product, build, unplugged } = this.state;
    return {
      title: 'Xen unplug ports',
      registers: [
        { name: 'product', value: product, bits: 16 },
        { name: 'build', value: build, bits: 32 },
        { name: 'unplugged', value: unplugged, bits: 16, meaning: 'there are no emulated disks or network cards' },
      ],
    };
  }

  save(): SavedValue {
    return { ...this.state };
  }
  restore(saved: SavedValue): void {
    Object.assign(this.state, saved as unknown as { product: number; build: number; unplugged: number });
  }
}

export const xenPlatform = (buses: { portBus: Bus; mmioBus: Bus }): PciFunction =>
  new PciFunction(
    {
      name: 'xen-platform',
      ...{ device: SLOT, function: 0, vendorId: PCI_ID.vendor, deviceId: PCI_ID.device, revision: 1, classCode: 0xff8000 },
      bars: [
        { space: 'port', ...BARS.port, target: nothing },
        { space: 'mmio', ...BARS.mmio, target: nothing },
      ],
    },
    buses,
  );
