// One vCPU while the guest is stopped: its registers, its view of memory, its frames. Thrown away when the guest runs.
import type { MachineControl } from '../../machine/control/control';
import type { RegisterFile } from '../../machine/control/types';
import { debugErrors } from '../debug-error';
import { GuestMemory } from '../memory/guest-memory';
import { registerPart } from '../registers/names';
import type { AddressMap } from '../run/address-map';
import type { Symbols } from '../symbols';
import type { GuestKnowledge } from './guest-knowledge';

export interface ChangedBytes {
  readonly address: bigint;
  readonly count: number;
}

export interface StopContext {
  readonly control: MachineControl;
  readonly vm: number;
  readonly symbols: Symbols;
  readonly addresses: AddressMap;
  /** Of the guest's operating system, where something knows it. */
  knowledge?: GuestKnowledge | undefined;
  /** Something of the guest was changed by hand: views are stale. */
  onChanged(what: 'memory' | 'registers' | 'values', at?: ChangedBytes): void;
}

/** What no unwinding starts from: flags, what calls do not keep, vectors, debug registers, most MSRs. An editor need not look for the stack again. */
const FREE = /^(rflags|r[acd]x|r[sd]i|r8|r9|r11|[xy]mm\d+h?|st\d|mxcsr|f[cst]w|dr\d|cr2|cr8|[a-z_]*tsc[a-z_]*)$/;

export class VcpuStop {
  readonly guestMemory: GuestMemory;
  private current: RegisterFile;

  private constructor(
    readonly context: StopContext,
    readonly vcpu: number,
    file: RegisterFile,
    memory?: GuestMemory,
  ) {
    this.current = file;
    this.guestMemory = memory ?? new GuestMemory(context.control, context.vm, vcpu);
  }

  static async of(context: StopContext, vcpu: number): Promise<VcpuStop> {
    return new VcpuStop(context, vcpu, await context.control.registers(context.vm, vcpu));
  }

  /** With registers that are not a vCPU's own now: of a task that waits, of a moment that has passed (then with its memory, too). */
  static withRegisters(context: StopContext, vcpu: number, file: RegisterFile, memory?: GuestMemory): VcpuStop {
    return new VcpuStop(context, vcpu, file, memory);
  }

  get file(): RegisterFile {
    return this.current;
  }

  /** Of the debug information: DWARF register numbers and pointers are of this kind. */
  get is64(): boolean {
    return this.addressSize === 8;
  }

  get addressSize(): 4 | 8 {
    return this.context.symbols.addressSize;
  }

  value(name: string): bigint {
    return this.current.values[name] ?? 0n;
  }

  /** Linear address of the next instruction. */
  get pc(): bigint {
    const rip = this.value('rip');
    return this.current.mode === 'long64' ? rip : BigInt.asUintN(32, this.value('cs.base') + rip);
  }

  get isPaging(): boolean {
    return (this.value('cr0') & 0x8000_0000n) !== 0n;
  }

  /** Exactly so many bytes, or undefined. Before paging, linked addresses are read at their physical place. */
  async memory(address: bigint, length: number): Promise<Uint8Array | undefined> {
    const low = this.isPaging ? undefined : this.context.addresses.physicalOf(address);
    return this.guestMemory.exactly(low ?? address, length);
  }

  async writeMemory(address: bigint, bytes: Uint8Array): Promise<void> {
    const low = this.isPaging ? undefined : this.context.addresses.physicalOf(address);
    const written = await this.guestMemory.write(low ?? address, bytes);
    this.context.onChanged('memory', { address, count: written });
    if (written < bytes.length) throw debugErrors.unwritable(address + BigInt(written));
  }

  /** Bytes written from the start. */
  async writePhysical(address: bigint, bytes: Uint8Array): Promise<number> {
    this.guestMemory.invalidate();
    const written = await this.context.control.writeMemory(this.context.vm, { kind: 'physical' }, address, bytes);
    this.context.onChanged('memory');
    return written;
  }

  /** By its name, or a part of one: "eax" clears the upper half as the CPU does, "al" keeps the rest. */
  async writeRegister(name: string, value: bigint): Promise<void> {
    const part = registerPart(name, (register) => Object.hasOwn(this.current.values, register));
    if (!part) throw debugErrors.badRegister(name);
    if (part.width > 0 && part.width < 8 && (value < 0n || value >> BigInt(part.width) !== 0n))
      throw debugErrors.fieldRange(name, part.width);
    const mask = ((1n << BigInt(part.width)) - 1n) << BigInt(part.shift);
    const old = this.value(part.register);
    const whole = part.width === 0 || part.width === 32 ? value : (old & ~mask) | ((value << BigInt(part.shift)) & mask);
    await this.context.control.setRegister(this.context.vm, this.vcpu, part.register, whole);
    this.current = await this.context.control.registers(this.context.vm, this.vcpu);
    this.context.onChanged(FREE.test(part.register) ? 'values' : 'registers');
  }
}
