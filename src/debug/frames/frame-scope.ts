// The names an expression may use in one frame: locals (innermost scope first), globals, functions, symbols, registers, types.
import { type DataType, strip } from '../../symbols/types';
import type { Variable } from '../../symbols/variable';
import { member } from '../c/access';
import { findMember } from '../c/members';
import { CHAR, unsignedType } from '../c/number';
import type { EvaluationScope } from '../c/scope';
import { enumeratorValue, rvalue, type Value } from '../c/value';
import { debugErrors } from '../debug-error';
import { widthOf } from '../registers/groups';
import { dwarfRegisterName, registerPart } from '../registers/names';
import type { PhysicalFrame } from './physical-frame';
import type { Frame } from './stack';

const SYMBOL_TYPE: DataType = { kind: 'array', element: CHAR, dimensions: [undefined], size: undefined };
const FUNCTION_TYPE: DataType = { kind: 'function', result: { kind: 'void' }, parameters: [], variadic: false, prototyped: false };

export class FrameScope implements EvaluationScope {
  private readonly physicalFrame: PhysicalFrame;

  constructor(
    readonly frame: Frame,
    /** Names that stand for numbers, before all others. */
    private readonly fields: Readonly<Record<string, bigint>> = {},
  ) {
    this.physicalFrame = frame.physical;
  }

  get pointerSize(): 4 | 8 {
    return this.physicalFrame.stop.addressSize;
  }

  private get symbols() {
    return this.physicalFrame.stop.context.symbols;
  }

  register(register: number): Promise<bigint | undefined> {
    return this.physicalFrame.register(register);
  }
  memory(address: bigint, length: number): Promise<Uint8Array | undefined> {
    return this.physicalFrame.memory(address, length);
  }
  async physical(address: bigint, length: number): Promise<Uint8Array> {
    const { control, vm } = this.physicalFrame.stop.context;
    return control.readMemory(vm, { kind: 'physical' }, address, length);
  }
  async writePhysical(address: bigint, bytes: Uint8Array): Promise<void> {
    const written = await this.physicalFrame.stop.writePhysical(address, bytes);
    if (written < bytes.length) throw debugErrors.unwritable(address + BigInt(written));
  }
  writeMemory(address: bigint, bytes: Uint8Array): Promise<void> {
    return this.physicalFrame.writeMemory(address, bytes);
  }
  writeRegister(register: number, value: bigint): Promise<void> {
    return this.physicalFrame.writeRegister(register, value);
  }
  writeCpuRegister(name: string, value: bigint): Promise<void> {
    return this.physicalFrame.writeCpuRegister(name, value);
  }

  async expand(text: string): Promise<string> {
    const { stop } = this.physicalFrame;
    return (await stop.context.knowledge?.expand(text, stop)) ?? text;
  }

  async valueOf(variable: Variable): Promise<Value> {
    return { type: variable.type, location: await variable.locate(this.physicalFrame) };
  }

  async variable(name: string, within?: string): Promise<Value | undefined> {
    const near = this.physicalFrame.linkedPc;
    if (within !== undefined) return this.first(this.symbols.variablesIn(within, name, near));
    const field = Object.hasOwn(this.fields, name) ? this.fields[name] : undefined;
    if (field !== undefined) return rvalue(field, unsignedType(8));
    const locals = this.frame.logical?.variables() ?? [];
    const local = locals.find((variable) => variable.name === name);
    if (local) return this.valueOf(local);
    const own = await this.memberOfThis(name, locals);
    if (own) return own;
    const [global] = this.symbols.globals(name, near);
    if (global) return this.valueOf(global);
    const enumerator = this.symbols.enumerator(name, near);
    if (enumerator) return enumeratorValue(enumerator.value, enumerator.type);
    const [code] = this.symbols.functionsByName(name);
    if (code) {
      const type = this.symbols.functionType(code.lowAddress) ?? FUNCTION_TYPE;
      return { type, location: { kind: 'memory', address: code.lowAddress } };
    }
    const address = this.symbols.symbolAddress(name);
    const { stop } = this.physicalFrame;
    const known = await stop.context.knowledge?.variable(name, stop);
    if (known) return known;
    if (address !== undefined) return { type: SYMBOL_TYPE, location: { kind: 'memory', address } };
    const [, scope, last] = /^(.+)::(\w+)$/.exec(name) ?? [];
    return scope === undefined || last === undefined ? undefined : this.first(this.symbols.variablesIn(scope, last, near));
  }

  private async first([variable]: readonly Variable[]): Promise<Value | undefined> {
    return variable && this.valueOf(variable);
  }

  /** C++: inside a member function the object's members need no "this->". */
  private async memberOfThis(name: string, locals: readonly Variable[]): Promise<Value | undefined> {
    const pointer = locals.find((variable) => variable.name === 'this' && variable.artificial);
    const type = pointer && strip(pointer.type);
    const target = type?.kind === 'pointer' ? strip(type.target) : undefined;
    if (!pointer || (target?.kind !== 'struct' && target?.kind !== 'class') || !findMember(target, name)) return undefined;
    return member(await this.valueOf(pointer), name, true, this);
  }

  async cpuRegister(name: string): Promise<Value | undefined> {
    const { stop } = this.physicalFrame;
    const wanted = name.toLowerCase();
    const part = registerPart(wanted, (register) => Object.hasOwn(stop.file.values, register));
    if (!part) return undefined;
    const whole = this.physicalFrame.index === 0 ? stop.value(part.register) : await this.callerRegister(part.register);
    if (whole === undefined) return { type: unsignedType(stop.addressSize), location: { kind: 'optimizedOut' } };
    const width = part.width || Math.max(8, Math.ceil(widthOf(part.register, stop.file.mode) / 8) * 8);
    const value = rvalue(BigInt.asUintN(width, whole >> BigInt(part.shift)), unsignedType(width < 8 ? 4 : Math.ceil(width / 8)));
    return { ...value, register: wanted };
  }

  /** General registers as they were in the caller; all others are the vCPU's. */
  private async callerRegister(name: string): Promise<bigint | undefined> {
    const { stop } = this.physicalFrame;
    for (let number = 0; number <= 16; number++) {
      if (dwarfRegisterName(number, stop.is64) !== name) continue;
      return name === 'rip' ? this.physicalFrame.pc : this.physicalFrame.register(number);
    }
    return stop.value(name);
  }

  type(name: string): DataType | undefined {
    return this.symbols.typeByName(name, this.physicalFrame.linkedPc);
  }
}
