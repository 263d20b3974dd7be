// What a guest reaches for where no device is: told once for each place, and which machine has it.
import type { VmConfig } from '../control/types';

/** Where the machine "pc" has devices that the minimal one does not have: VGA, PCI, ACPI timer, HPET. */
const OF_PC = {
  port: [
    [0x3c0, 0x3db],
    [0xcfc, 0xd00],
    [0x600, 0x60c],
  ],
  mmio: [[0xfed0_0000, 0xfed0_0400]],
} as const;
type Space = keyof typeof OF_PC;
const isOfPc = (space: Space, address: number): boolean => OF_PC[space].some(([from, to]) => address >= from && address < to);

/** So many places are told of. */
const MOST = 100;

export class Unclaimed {
  private readonly told = new Set<string>();

  constructor(
    private readonly config: Pick<VmConfig, 'name' | 'machine'>,
    private readonly onMessage: (text: string) => void,
  ) {}

  report(space: Space, address: number, size: number, write: boolean): void {
    const key = `${space} 0x${address.toString(16)}`;
    if (this.told.size >= MOST || this.told.has(key)) return;
    this.told.add(key);
    const what = space === 'port' ? 'port' : 'guest-physical address';
    const outcome = write ? 'writes are ignored' : 'reads give all ones';
    const hint = this.config.machine !== 'pc' && isOfPc(space, address) ? '; set machine to "pc" to have it' : '';
    const how = `${write ? 'write' : 'read'} of ${size} bytes`;
    this.onMessage(`${this.config.name}: no device at ${what} 0x${address.toString(16)} (${how}): ${outcome}${hint}`);
  }
}
