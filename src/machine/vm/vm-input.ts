// What people send to one VM: text, keys and the power button, each by the way that the guest listens to.
import type { Chipset } from '../../devices/chipset';
import { I8042_PORTS } from '../../devices/i8042/i8042';
import type { Clock, Timers } from '../../devices/ports';
import type { PvInterface } from '../../pv/interface';
import type { ConsoleStream } from '../control/types';
import { KeyboardInput, type KeyReceiver } from './keyboard-input';
import { SerialInput } from './serial-input';

export interface VmInputParts {
  readonly timers: Timers;
  readonly clock: Clock;
  chipset(): Chipset;
  pv(): PvInterface | undefined;
  /** A byte has reached the guest. */
  onByte(stream: ConsoleStream, byte: number): void;
}

export class VmInput {
  readonly serial: SerialInput;
  readonly keyboard: KeyboardInput;

  constructor(private readonly parts: VmInputParts) {
    const { timers, clock } = parts;
    this.serial = new SerialInput('uart0.line', timers, clock, () => parts.chipset().serial);
    this.serial.onByte = (byte) => parts.onByte('serial', byte);
    this.keyboard = new KeyboardInput(timers, clock, () => this.keyReceiver);
  }

  /** To the console that the guest has written to through its paravirtual interface, else to the serial port. */
  type(bytes: Uint8Array): void {
    const console = this.parts.pv()?.console;
    if (console?.used) console.push(bytes);
    else this.serial.push(bytes);
  }
  get isRead(): boolean {
    return this.serial.isEmpty && this.keyboard.isEmpty && this.parts.pv()?.console?.isEmpty !== false;
  }
  /** Something that is typed can wake a guest that sleeps. */
  get isListenedTo(): boolean {
    return this.serial.interrupts || this.keyboardInterrupts || this.parts.pv()?.console?.used === true;
  }

  /** Asked by the paravirtual interface where the guest listens there, else by ACPI. */
  pressPowerButton(): void {
    const pv = this.parts.pv();
    if (pv?.listensToPowerButton) pv.pressPowerButton?.();
    else this.parts.chipset().acpiPm.pressPowerButton();
  }
  get listensToPowerButton(): boolean {
    return this.parts.pv()?.listensToPowerButton === true || this.parts.chipset().acpiPm.listensToPowerButton;
  }

  private get keyReceiver(): KeyReceiver {
    const { keyboard } = this.parts.chipset();
    return {
      room: keyboard.room,
      listens: keyboard.isPolled || this.keyboardInterrupts,
      receive: (byte) => {
        this.parts.onByte('screen', byte);
        keyboard.receive(byte);
      },
    };
  }
  private get keyboardInterrupts(): boolean {
    const { keyboard, irqs } = this.parts.chipset();
    return keyboard.interruptsEnabled && irqs.isHeard(I8042_PORTS.keyboardIrq);
  }

  /** Machine reset: what was sent and not read yet is still on its way. */
  reset(): void {
    this.serial.reset();
    this.keyboard.reset();
  }
}
