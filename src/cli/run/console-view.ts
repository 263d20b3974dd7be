// What the consoles of one or several VMs look like on one terminal: of one, all bytes as they come; of several, whole lines with the VM's name in front. What the VM that is
// typed on writes is shown at once; a line of another comes between.
const NEWLINE = 0x0a;

export interface ShownVm {
  readonly name: string;
  /** Its serial port's output goes elsewhere. */
  readonly serial: ((bytes: Uint8Array) => void) | undefined;
  readonly shown: boolean;
}

export class ConsoleView {
  private readonly rest: Uint8Array[];
  private readonly several: boolean;
  /** A line of the VM that is typed on is begun and not ended. */
  private open = false;

  constructor(
    private readonly vms: readonly ShownVm[],
    private readonly write: (bytes: Uint8Array) => void,
    /** Index of the VM that a person types on. */
    private readonly typedOn: number | undefined,
  ) {
    this.rest = vms.map(() => new Uint8Array(0));
    this.several = vms.filter(({ shown }) => shown).length > 1;
  }

  put(vm: number, stream: string, bytes: Uint8Array): void {
    const of = this.vms[vm];
    if (of === undefined) return;
    if (of.serial !== undefined && stream === 'serial') of.serial(bytes);
    else if (!of.shown) return;
    else if (!this.several) this.write(bytes);
    else this.lines(vm, bytes);
  }

  private lines(vm: number, bytes: Uint8Array): void {
    const pending = new Uint8Array([...this.rest[vm]!, ...bytes]);
    const typedOn = vm === this.typedOn;
    let from = 0;
    for (let end = pending.indexOf(NEWLINE); end >= 0; end = pending.indexOf(NEWLINE, from)) {
      this.line(vm, pending.subarray(from, end + 1), typedOn);
      if (typedOn) this.open = false;
      from = end + 1;
    }
    const left = pending.slice(from);
    if (typedOn && left.length > 0) {
      this.line(vm, left, true);
      this.open = true;
      this.rest[vm] = new Uint8Array(0);
    } else {
      this.rest[vm] = left;
    }
  }

  /** A piece of a line that is shown already goes on where it is. */
  private line(vm: number, bytes: Uint8Array, typedOn: boolean): void {
    if (typedOn && this.open) {
      this.write(bytes);
      return;
    }
    const prefix = new TextEncoder().encode(`${this.open ? '\r\n' : ''}${this.vms[vm]!.name}| `);
    this.open = false;
    this.write(new Uint8Array([...prefix, ...bytes]));
  }

  /** Lines that will not be ended. */
  end(): void {
    for (const [vm, left] of this.rest.entries()) {
      if (left.length > 0) this.line(vm, new Uint8Array([...left, NEWLINE]), false);
      this.rest[vm] = new Uint8Array(0);
    }
  }
}
