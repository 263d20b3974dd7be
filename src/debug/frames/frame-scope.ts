// The names an expression may use in one frame: locals (innermost scope first), globals, functions, symbols, registers, types.
import type { DataType } from '../../symbols/types';
import type { Variable } from '../../symbols/variable';
import type { EvaluationScope } from '../c/evaluate';
import { CHAR, unsignedType } from '../c/number';
import { rvalue, type Value } from '../c/value';
import { widthOf } from '../registers/groups';
import { dwarfRegisterName, registerPart } from '../registers/names';
import type { PhysicalFrame } from './physical-frame';
import type { Frame } from './stack';

const SYMBOL_TYPE: DataType = { kind: 'array', element: CHAR, dimensions: [undefined], size: undefined };
const FUNCTION_TYPE: DataType = { kind: 'function', result: { kind: 'void' }, parameters: [], variadic: false, prototyped: false };

export class FrameScope implements EvaluationScope {
  private readonly physical: PhysicalFrame;

  constructor(
    readonly frame: Frame,
    /** Names that stand for numbers, before all others. */
    private readonly fields: Readonly<Record<string, bigint>> = {},
  ) {
    this.physical = frame.physical;
  }

  get pointerSize(): 4 | 8 {
    return this.physical.stop.addressSize;
  }

  private get symbols() {
    return this.physical.stop.context.symbols;
  }

  register(register: number): Promise<bigint | undefined> {
    return this.physical.register(register);
  }
  memory(address: bigint, length: number): Promise<Uint8Array | undefined> {
    return this.physical.memory(address, length);
  }
  writeMemory(address: bigint, bytes: Uint8Array): Promise<void> {
    return this.physical.writeMemory(address, bytes);
  }
  writeRegister(register: number, value: bigint): Promise<void> {
    return this.physical.writeRegister(register, value);
  }
  writeCpuRegister(name: string, value: bigint): Promise<void> {
    return this.physical.writeCpuRegister(name, value);
  }

  async expand(text: string): Promise<string> {
    const { stop } = this.physical;
    return (await stop.context.knowledge?.expand(text, stop)) ?? text;
  }

  async valueOf(variable: Variable): Promise<Value> {
    return { type: variable.type, location: await variable.locate(this.physical) };
  }

  async variable(name: string): Promise<Value | undefined> {
    const field = Object.hasOwn(this.fields, name) ? this.fields[name] : undefined;
    if (field !== undefined) return rvalue(field, unsignedType(8));
    const local = this.frame.logical?.variables().find((variable) => variable.name === name);
    if (local) return this.valueOf(local);
    const [global] = this.symbols.globals(name, this.physical.linkedPc);
    if (global) return this.valueOf(global);
    const [code] = this.symbols.functionsByName(name);
    if (code) return { type: FUNCTION_TYPE, location: { kind: 'memory', address: code.lowAddress } };
    const address = this.symbols.symbolAddress(name);
    const known = await this.physical.stop.context.knowledge?.variable(name, this.physical.stop);
    if (known) return known;
    return address === undefined ? undefined : { type: SYMBOL_TYPE, location: { kind: 'memory', address } };
  }

  async cpuRegister(name: string): Promise<Value | undefined> {
    const { stop } = this.physical;
    const wanted = name.toLowerCase();
    const part = registerPart(wanted, (register) => Object.hasOwn(stop.file.values, register));
    if (!part) return undefined;
    const whole = this.physical.index === 0 ? stop.value(part.register) : await this.callerRegister(part.register);
    if (whole === undefined) return { type: unsignedType(stop.addressSize), location: { kind: 'optimizedOut' } };
    const width = part.width || Math.max(8, Math.ceil(widthOf(part.register, stop.file.mode) / 8) * 8);
    const value = rvalue(BigInt.asUintN(width, whole >> BigInt(part.shift)), unsignedType(width < 8 ? 4 : Math.ceil(width / 8)));
    return { ...value, register: wanted };
  }

  /** General registers as they were in the caller; all others are the vCPU's. */
  private async callerRegister(name: string): Promise<bigint | undefined> {
    const { stop } = this.physical;
    for (let number = 0; number <= 16; number++) {
      if (dwarfRegisterName(number, stop.is64) !== name) continue;
      return name === 'rip' ? this.physical.pc : this.physical.register(number);
    }
    return stop.value(name);
  }

  type(name: string): DataType | undefined {
    return this.symbols.typeByName(name, this.physical.linkedPc);
  }
}
