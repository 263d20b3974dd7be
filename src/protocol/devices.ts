// The Devices panel's request: what every device of the machine tells of itself, and what is going to happen next.
import type { Hex } from './wire';

export type DeviceUnit = 'ns' | 'virtual-ns' | 'hz' | 'baud' | 'bytes' | 'gpa' | 'port' | 'unix-s';

export interface DeviceRegisterRow {
  name: string;
  /** null: there is none, a timer that is not armed. */
  value: Hex | boolean | null;
  /** Width of what is best read in hexadecimal; null: decimal. */
  bits: number | null;
  unit: DeviceUnit | null;
  meaning: string;
  /** Names of the bits that are set. */
  set: string[];
  /** Numbers in the set that it is; null: it is none. */
  members: number[] | null;
  changed: boolean;
}

/** Numbers as numbers, large ones as "0x…"; several names as a list. */
export type DeviceCell = number | boolean | string | null | string[];
export interface DeviceTable {
  name: string;
  columns: { name: string; bits: number | null; unit: DeviceUnit | null }[];
  rows: { cells: DeviceCell[]; changed: boolean }[];
}

export interface DeviceRow {
  /** "uart0"; "vcpu1.lapic". */
  name: string;
  title: string;
  ports: { base: number; size: number }[];
  mmio: { base: number; size: number }[];
  registers: DeviceRegisterRow[];
  tables: DeviceTable[];
}

export interface DevicesAnswer {
  nowNs: number;
  /** What the VM's own clocks show then, which the times of registers and tables are on: less, where it was held. */
  guestNs: number;
  /** They stand still. */
  guestStands: boolean;
  devices: DeviceRow[];
  /** In the order in which they come. */
  pending: { name: string; deadlineNs: number; kind: 'input' | 'guest' | 'background' | 'held' }[];
}
