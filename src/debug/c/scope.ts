// The names an expression may use: one frame, or none before the guest has a stack.
import type { DataType } from '../../symbols/types';
import { memoryValue, type Value, type ValuePort } from './value';

export interface EvaluationScope extends ValuePort {
  readonly pointerSize: 4 | 8;
  /** Local, then global, then enumerator or function. `within`: the file or function that a static is in. */
  variable(name: string, within?: string): Promise<Value | undefined>;
  /** A CPU register as an lvalue. */
  cpuRegister(name: string): Promise<Value | undefined>;
  /** "struct page", "page_t". */
  type(name: string): DataType | undefined;
  /** The expression with what the guest's operating system adds to C written out. */
  expand?(text: string): Promise<string>;
  /** Nothing is read or written: only the type of a result is wanted. */
  readonly typesOnly?: boolean;
}

/** The same names, for the operand of sizeof and for what C would not evaluate: reads give zeros, writes do nothing. */
export class TypesOnly implements EvaluationScope {
  readonly typesOnly = true;

  constructor(private readonly scope: EvaluationScope) {}

  get pointerSize(): 4 | 8 {
    return this.scope.pointerSize;
  }

  async variable(name: string, within?: string): Promise<Value | undefined> {
    const found = await this.scope.variable(name, within);
    if (found?.isEnumerator) return found;
    return found && { ...memoryValue(0n, found.type), ...(found.bitSize !== undefined && { bitSize: found.bitSize }) };
  }

  async cpuRegister(name: string): Promise<Value | undefined> {
    const found = await this.scope.cpuRegister(name);
    return found && memoryValue(0n, found.type);
  }

  type(name: string): DataType | undefined {
    return this.scope.type(name);
  }

  register(): bigint {
    return 0n;
  }

  memory(_address: bigint, length: number): Uint8Array {
    return new Uint8Array(length);
  }

  physical(_address: bigint, length: number): Uint8Array {
    return new Uint8Array(length);
  }

  async writeMemory(): Promise<void> {}

  async writePhysical(): Promise<void> {}

  async writeRegister(): Promise<void> {}

  async writeCpuRegister(): Promise<void> {}
}
