// The PC's answer to FERR#: a latch that holds IRQ 13, and port 0xF0, whose write releases it and asserts IGNNE# at the processors that assert FERR#
// (82371SB PIIX3 data sheet, "Coprocessor error register"; SDM vol 1 app. D.2.1.2).
import type { SavedValue } from '../base/saved';
import type { DeviceDescription } from './describe';
import { restoreState, saveState } from './device-state';
import type { CpuSignals, Device, IrqLine, PortHandler } from './ports';

export const COPROCESSOR_ERROR_PORT = 0xf0;
export const COPROCESSOR_ERROR_IRQ = 13;

export class CoprocessorError implements Device, PortHandler {
  readonly name = 'coprocessor-error';
  private readonly state = { latched: false };

  constructor(
    private readonly irq: IrqLine,
    private readonly processors: readonly Pick<CpuSignals, 'ignoreNumericError'>[],
  ) {}

  reset(): void {
    this.latch(false);
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  describe(): DeviceDescription {
    return { title: 'Coprocessor error latch', registers: [{ name: 'IRQ 13 held', value: this.state.latched }] };
  }

  /** A processor's FERR# became active. */
  assertFerr(): void {
    this.latch(true);
  }

  readPort(): number {
    return 0xff;
  }

  writePort(): void {
    this.latch(false);
    for (const processor of this.processors) processor.ignoreNumericError();
  }

  private latch(on: boolean): void {
    this.state.latched = on;
    this.irq.set(on);
  }
}
