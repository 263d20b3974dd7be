// One real frame of a guest's stack: its registers as they were there, how to write them, and its canonical frame address.
import type { FramePort } from '../../symbols/frame-evaluator';
import { littleEndian } from '../../symbols/location';
import { type CallerFrame, cfaOf, type UnwindRow } from '../../symbols/unwind';
import type { ValuePort } from '../c/value';
import { debugErrors } from '../debug-error';
import { dwarfRegisterName } from '../registers/names';
import type { Strategy } from './guesses';
import type { VcpuStop } from './vcpu-stop';

/** How this frame was found from the one it called. */
export interface FoundBy {
  readonly callee: PhysicalFrame;
  readonly recovered: CallerFrame;
  /** undefined: by a guess; registers are saved in no known place. */
  readonly row: UnwindRow | undefined;
  readonly strategy: Strategy;
}

export class PhysicalFrame implements FramePort, ValuePort {
  /** Set by the unwinder once it has looked. */
  callerFrame: PhysicalFrame | undefined;
  private cfaValue: bigint | undefined;

  constructor(
    readonly stop: VcpuStop,
    readonly index: number,
    /** Where the CPU is, or will return to: as executed, which before paging is not as linked. */
    readonly pc: bigint,
    readonly linkedPc: bigint,
    /** The pc is where execution stands, not behind a call: the top frame, or one that was interrupted. */
    readonly exact: boolean,
    private readonly found: FoundBy | undefined,
    /** Code of a process, which the kernel returns to. */
    readonly isUser = false,
  ) {}

  /** For line and scope lookups: inside the call instruction, when the pc is behind one. */
  get lookupPc(): bigint {
    return this.exact ? this.linkedPc : this.linkedPc - 1n;
  }

  get callee(): PhysicalFrame | undefined {
    return this.found?.callee;
  }

  /** How it was found from the one it called; undefined for the top frame. */
  get foundBy(): Strategy | undefined {
    return this.found?.strategy;
  }

  setCfa(cfa: bigint | undefined): void {
    this.cfaValue = cfa;
  }

  /** Known once the unwinder has passed; before that, from call frame information. */
  async cfa(): Promise<bigint | undefined> {
    if (this.cfaValue !== undefined) return this.cfaValue;
    const row = this.stop.context.symbols.unwindRow(this.lookupPc);
    return row && cfaOf(row.cfa, this, this.stop.addressSize);
  }

  /** What the unwinder found. */
  get knownCfa(): bigint | undefined {
    return this.cfaValue;
  }

  async register(register: number): Promise<bigint | undefined> {
    if (this.found) return this.found.recovered.register(register);
    const name = dwarfRegisterName(register, this.stop.is64);
    const value = name === undefined ? undefined : this.stop.file.values[name];
    return value;
  }

  memory(address: bigint, length: number): Promise<Uint8Array | undefined> {
    return this.stop.memory(address, length);
  }

  caller(): { returnAddress: bigint; port: FramePort } | undefined {
    const { callerFrame } = this;
    return callerFrame && { returnAddress: callerFrame.linkedPc, port: callerFrame };
  }

  writeMemory(address: bigint, bytes: Uint8Array): Promise<void> {
    return this.stop.writeMemory(address, bytes);
  }

  async writeRegister(register: number, value: bigint): Promise<void> {
    const { found } = this;
    const name = dwarfRegisterName(register, this.stop.is64);
    if (!found) {
      if (name === undefined) throw debugErrors.badRegister(`${register}`);
      return this.stop.writeRegister(name, value);
    }
    if (!found.row) throw debugErrors.readOnly(`${name ?? register} of this caller`);
    const rule = found.row.registers.get(register);
    if (!rule || rule.kind === 'same') return found.callee.writeRegister(register, value);
    if (rule.kind !== 'offset') throw debugErrors.readOnly(`${name ?? register} of this caller`);
    return this.writeMemory(found.recovered.cfa + rule.offset, littleEndian(value, this.stop.addressSize));
  }

  async writeCpuRegister(name: string, value: bigint): Promise<void> {
    if (this.found) throw debugErrors.readOnly(`${name} of a caller`);
    return this.stop.writeRegister(name, value);
  }
}
