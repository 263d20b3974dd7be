// The DSDT's definition block: power-off, the PCI root with what passes through it where there is one, and the board's own devices with their ranges.
import type { BoardDevice } from '../../devices/ports';
import { type Aml, device, eisaId, integer, name, packageOf, scope } from './aml';
import { io, irq, memory32, resources, window } from './resources';

const PCI_ROOT = 'PNP0A03';
/** Sleep type of S5 in PM1a and PM1b control: soft-off is 0. */
const S5 = [0, 0, 0, 0];
const PCI_MEMORY = { first: 0xe0000000, last: 0xfebfffff } as const;
const CONFIG_PORTS = { first: 0xcf8, last: 0xcff } as const;

function boardDevice({ hid, ports, mmio, irqs }: BoardDevice, index: number): Aml {
  return device(
    `D${index.toString(16).toUpperCase().padStart(3, '0')}`,
    name('_HID', eisaId(hid!)),
    name('_UID', integer(index)),
    name(
      '_CRS',
      resources(
        ...ports.map(({ base, size }) => io(base, size)),
        ...mmio.map(({ base, size }) => memory32(base, size)),
        ...irqs.map((line) => irq(line)),
      ),
    ),
  );
}

const pciRoot = (): Aml =>
  device(
    'PCI0',
    name('_HID', eisaId(PCI_ROOT)),
    name('_UID', integer(0)),
    name(
      '_CRS',
      resources(
        window('bus', 0, 0xff),
        io(CONFIG_PORTS.first, CONFIG_PORTS.last - CONFIG_PORTS.first + 1),
        window('io', 0, CONFIG_PORTS.first - 1),
        window('io', CONFIG_PORTS.last + 1, 0xffff),
        window('memory', 0xa0000, 0xbffff),
        window('memory', PCI_MEMORY.first, PCI_MEMORY.last),
      ),
    ),
  );

export function dsdtBody(board: readonly BoardDevice[]): Aml {
  const pci = board.some(({ name }) => name === 'pci-config') ? [pciRoot()] : [];
  const named = board.filter(({ hid }) => hid !== undefined);
  return [...scope('\\_SB', ...pci, ...named.map(boardDevice)), ...name('\\_S5', packageOf(...S5.map(integer)))];
}
