// What every device tells of itself, with what has changed since the last stop, and the pending events; also while the guest runs.
import type { DescribedCell, DescribedDevice, DescribedRegister } from '../../machine/control/devices-view';
import type { DeviceCell, DeviceRegisterRow, DeviceRow } from '../../protocol/devices';
import { type Hex, toHex } from '../../protocol/wire';
import type { Guest } from '../guest';
import { custom } from './custom';

export const devices = custom('hyperscope/devices', async (session) => {
  const guest = session.guest('hyperscope/devices');
  const { devices: all, ...rest } = await guest.control.devices(guest.vm);
  guest.topics.read('devices');
  return { ...rest, devices: all.map((device) => deviceRow(guest, device)) };
});

const changed = (guest: Guest, name: string, value: unknown): boolean => guest.seenValues.change(name, JSON.stringify(value)) !== undefined;

function deviceRow(guest: Guest, { name, title, ports, mmio, registers, tables }: DescribedDevice): DeviceRow {
  return {
    name,
    title,
    ports: [...ports],
    mmio: [...mmio],
    registers: registers.map((each) => registerRow(guest, name, each)),
    tables: tables.map((table) => ({
      name: table.name,
      columns: table.columns.map((column) => ({ name: column.name, bits: column.bits ?? null, unit: column.unit ?? null })),
      rows: table.rows.map((row, index) => {
        const cells = row.map(cellOf);
        return { cells, changed: changed(guest, `${name} ${table.name} ${index}`, cells) };
      }),
    })),
  };
}

function registerRow(
  guest: Guest,
  device: string,
  { name, value, bits, unit, meaning, set, members }: DescribedRegister,
): DeviceRegisterRow {
  const shown: Hex | boolean | null = typeof value === 'number' || typeof value === 'bigint' ? toHex(value) : value;
  return {
    name,
    value: shown,
    bits: bits ?? null,
    unit: unit ?? null,
    meaning: meaning ?? '',
    set: [...(set ?? [])],
    members: members ? [...members] : null,
    changed: changed(guest, `${device} ${name}`, [shown, meaning]),
  };
}

function cellOf(cell: DescribedCell): DeviceCell {
  if (typeof cell === 'bigint') return toHex(cell);
  return typeof cell === 'object' && cell !== null ? [...cell] : cell;
}
