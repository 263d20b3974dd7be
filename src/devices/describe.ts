// What a device tells of itself to somebody who looks at the machine: its registers and tables as data, by the names of its specification. Looking changes nothing:
// no flag is collected, no timer settled, no FIFO emptied.

/** `virtual-ns`: a point in virtual time; `ns`: how long. None: a plain number. */
export type DescribedUnit = 'ns' | 'virtual-ns' | 'hz' | 'baud' | 'bytes' | 'gpa' | 'port' | 'unix-s';

export interface DescribedRegister {
  readonly name: string;
  /** null: nothing (a timer that is not armed). */
  readonly value: number | bigint | boolean | null;
  /** Width in bits of what is best read in hexadecimal. */
  readonly bits?: number;
  readonly unit?: DescribedUnit;
  /** What the value is called: "one-shot", "8N1". */
  readonly meaning?: string;
  /** Names of the bits that are set. */
  readonly set?: readonly string[];
  /** Numbers in the set that it is: vectors that are requested. */
  readonly members?: readonly number[];
}

/** Several names: all of them. */
export type DescribedCell = number | bigint | boolean | string | null | readonly string[];

export interface DescribedColumn {
  readonly name: string;
  readonly bits?: number;
  readonly unit?: DescribedUnit;
}

/** Things of which the device has several: pins, counters, functions. */
export interface DescribedTable {
  readonly name: string;
  readonly columns: readonly DescribedColumn[];
  readonly rows: readonly (readonly DescribedCell[])[];
}

export interface DeviceDescription {
  /** "PC16550D UART" */
  readonly title: string;
  readonly registers: readonly DescribedRegister[];
  readonly tables?: readonly DescribedTable[];
}

/** A device on its board. */
export interface DescribedDevice extends Required<DeviceDescription> {
  readonly name: string;
  readonly ports: readonly { readonly base: number; readonly size: number }[];
  readonly mmio: readonly { readonly base: number; readonly size: number }[];
}

/** Names of bits by their number; those without a name are left out. */
export type BitNames = Readonly<Record<number, string>>;

/** Names of the bits that are set in a register. */
export const setBits = (value: number, names: BitNames): string[] =>
  Object.entries(names).flatMap(([bit, name]) => ((value >>> Number(bit)) & 1 ? [name] : []));

/** A register in hexadecimal, with the names of its bits. */
export const register = (name: string, value: number, bits: number, names?: BitNames): DescribedRegister => ({
  ...{ name, value: value >>> 0, bits },
  ...(names && { set: setBits(value, names) }),
});

/** A timer's deadline. */
export const nextEvent = (name: string, deadlineNs: number | null | undefined): DescribedRegister => ({
  ...{ name, value: deadlineNs ?? null, unit: 'virtual-ns' },
});
