// The ACPI fixed hardware register by which a PC powers off: PM1a_CNT (ACPI 6.5, 4.8.3.2.1) at port 0x604, where QEMU's chip sets have
// it, so that small kernels find it without tables. Type 0 is soft-off (S5); sleeping states are not there, their requests are ignored.
import type { SavedValue } from '../base/saved';
import type { Device, PortHandler, PowerPort } from './ports';

export const PM1_CONTROL_PORT = 0x604;
export const PM1_CONTROL_SIZE = 2;
const SCI_EN = 0x0001;
const SLP_TYP_SHIFT = 10;
const SLP_TYP_MASK = 7;
const SLP_EN = 0x2000;
const SOFT_OFF = 0;

export class AcpiPm1Control implements Device, PortHandler {
  readonly name = 'acpi-pm1-control';

  constructor(private readonly power: PowerPort) {}

  reset(): void {}

  save(): SavedValue {
    return null;
  }

  restore(): void {}

  /** ACPI mode is on from the start: there is no legacy mode to leave. SLP_EN reads as 0. */
  readPort(port: number): number {
    return port === 0 ? SCI_EN : 0;
  }

  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    const register = port === 0 && size === 2 ? value : port === 1 ? value << 8 : 0;
    if ((register & SLP_EN) !== 0 && ((register >> SLP_TYP_SHIFT) & SLP_TYP_MASK) === SOFT_OFF) this.power.powerOff('ACPI PM1 control');
  }
}
