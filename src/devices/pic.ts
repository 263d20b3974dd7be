// The two 8259A of a PC: the slave's INT is wired to the master's input 2, the master's INT is the INTR wire to the CPUs.
// The edge/level control registers are those of the PC chip sets (82371SB PIIX3 data sheet, 2.5.5).
import type { SavedValue } from '../base/saved';
import { type DescribedRegister, type DeviceDescription, register } from './describe';
import { restoreState, saveState } from './device-state';
import { initialPicChip, PicChip, SPURIOUS_INPUT } from './pic-chip';
import type { Device, IrqLine, PortHandler } from './ports';

export const PIC_MASTER_PORT = 0x20;
export const PIC_SLAVE_PORT = 0xa0;
export const PIC_ELCR_PORT = 0x4d0;
const CASCADE_INPUT = 2;
/** IRQ 0, 1, 2 and 8, 13 are always edge-triggered. */
const ELCR_WRITABLE = [0xf8, 0xde] as const;

export class PicPair implements Device {
  readonly name = 'pic';
  readonly masterPorts = this.chipPorts(() => this.master);
  readonly slavePorts = this.chipPorts(() => this.slave);
  readonly elcrPorts: PortHandler = {
    readPort: (port) => this.chip(port).state.elcr,
    writePort: (port, _size, value) => this.chip(port).setElcr(value & ELCR_WRITABLE[port === 0 ? 0 : 1]),
  };
  private readonly slave: PicChip = new PicChip(0, () => this.master.setLine(CASCADE_INPUT, this.slave.highest() !== undefined));
  private readonly master: PicChip = new PicChip(1 << CASCADE_INPUT, () => this.intr.set(this.interruptPending));

  /** `intr` is raised while an interrupt waits to be acknowledged. */
  constructor(
    private readonly intr: IrqLine,
    /** Names of the devices that are wired to an IRQ. */
    private readonly wiredTo: (irq: number) => readonly string[] = () => [],
  ) {}

  reset(): void {
    for (const chip of [this.slave, this.master]) Object.assign(chip.state, initialPicChip());
    this.intr.set(false);
  }

  save(): SavedValue {
    return { master: saveState(this.master.state), slave: saveState(this.slave.state) };
  }

  restore(saved: SavedValue): void {
    const { master, slave } = saved as { master: SavedValue; slave: SavedValue };
    restoreState('pic.master', this.master.state, master);
    restoreState('pic.slave', this.slave.state, slave);
  }

  describe(): DeviceDescription {
    const registers = (name: string, { state: s }: PicChip): DescribedRegister[] => [
      register(`${name} IRR`, s.irr, 8),
      register(`${name} IMR`, s.imr, 8),
      register(`${name} ISR`, s.isr, 8),
      register(`${name} ELCR`, s.elcr, 8),
      {
        ...register(`${name} vector base`, s.vectorBase, 8),
        set: [
          ...(s.autoEoi ? ['automatic EOI'] : []),
          ...(s.specialFullyNested ? ['special fully nested'] : []),
          ...(s.specialMask ? ['special mask'] : []),
          ...(s.rotateInAutoEoi ? ['rotate'] : []),
        ],
      },
    ];
    const inputs = [this.master, this.slave].flatMap(({ state: s }, chip) =>
      Array.from({ length: 8 }, (_, input) => {
        const bit = 1 << input;
        const irq = chip * 8 + input;
        const devices = irq === CASCADE_INPUT ? ['second PIC'] : this.wiredTo(irq);
        const trigger = s.elcr & bit ? 'level' : 'edge';
        return [
          irq,
          devices,
          (s.lines & bit) !== 0,
          (s.imr & bit) !== 0,
          s.vectorBase | input,
          trigger,
          (s.irr & bit) !== 0,
          (s.isr & bit) !== 0,
        ];
      }),
    );
    return {
      title: 'Interrupt controllers (8259A)',
      registers: [{ name: 'INTR', value: this.interruptPending }, ...registers('master', this.master), ...registers('slave', this.slave)],
      tables: [
        {
          name: 'Inputs',
          columns: [
            { name: 'IRQ' },
            { name: 'devices' },
            { name: 'level' },
            { name: 'masked' },
            { name: 'vector', bits: 8 },
            { name: 'trigger' },
            { name: 'requested' },
            { name: 'in service' },
          ],
          rows: inputs,
        },
      ],
    };
  }

  setIrq(irq: number, level: boolean): void {
    this.chip(irq >> 3).setLine(irq & 7, level);
  }

  /** Whether an edge would change anything now: not where it is masked, nor where one is latched already. */
  hearsEdge(irq: number): boolean {
    const { imr, irr } = this.chip(irq >> 3).state;
    return ((imr | irr) & (1 << (irq & 7))) === 0;
  }

  /** Somebody has set the PIC up and left this one open. */
  wantsEdge(irq: number): boolean {
    const { imr, icw1 } = this.chip(irq >> 3).state;
    return icw1 !== 0 && (imr & (1 << (irq & 7))) === 0;
  }

  get interruptPending(): boolean {
    return this.master.highest() !== undefined;
  }

  /** The CPU's two INTA cycles: the vector, IRQ 7 or 15 where the request has gone meanwhile (231468, "spurious"). */
  acknowledge(): number {
    const input = this.master.highest();
    if (input === undefined) return this.master.state.vectorBase | SPURIOUS_INPUT;
    this.master.acknowledge(input);
    if (input !== CASCADE_INPUT) return this.master.state.vectorBase | input;
    const behind = this.slave.highest();
    if (behind === undefined) return this.slave.state.vectorBase | SPURIOUS_INPUT;
    this.slave.acknowledge(behind);
    return this.slave.state.vectorBase | behind;
  }

  private chip(index: number): PicChip {
    return index === 0 ? this.master : this.slave;
  }

  private chipPorts(chip: () => PicChip): PortHandler {
    return {
      readPort: (port) => (port === 0 ? chip().readCommand() : chip().readData()),
      writePort: (port, _size, value) => (port === 0 ? chip().writeCommand(value) : chip().writeData(value)),
    };
  }
}
