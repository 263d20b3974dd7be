// The variables of a program that does not run: their initial bytes are in its file. What expressions write is kept.
import type { EvaluationScope } from '../../../src/debug/c/scope';
import { enumeratorValue, type Value } from '../../../src/debug/c/value';
import type { SymbolFile } from '../../../src/symbols/symbol-file';
import type { DataType } from '../../../src/symbols/types';

const SHF_ALLOC = 2;

interface Region {
  readonly start: bigint;
  readonly bytes: Uint8Array;
}

export class ImageScope implements EvaluationScope {
  readonly pointerSize = 8;
  private readonly regions: readonly Region[];

  constructor(private readonly symbols: SymbolFile) {
    const { elf } = symbols;
    this.regions = elf.sections
      .filter(({ flags, size }) => (flags & SHF_ALLOC) !== 0 && size > 0)
      .map((section) => {
        const bytes = new Uint8Array(section.size);
        bytes.set(elf.sectionBytes(section));
        return { start: section.address, bytes };
      });
  }

  async variable(name: string): Promise<Value | undefined> {
    const [variable] = this.symbols.globals(name);
    if (variable) return { type: variable.type, location: await variable.locate(this) };
    const enumerator = this.symbols.enumerator(name);
    return enumerator && enumeratorValue(enumerator.value, enumerator.type);
  }

  async cpuRegister(): Promise<undefined> {}

  type(name: string): DataType | undefined {
    return this.symbols.typeByName(name);
  }

  register(): undefined {}

  memory(address: bigint, length: number): Uint8Array | undefined {
    const found = this.find(address, length);
    return found?.region.bytes.slice(found.at, found.at + length);
  }

  async writeMemory(address: bigint, bytes: Uint8Array): Promise<void> {
    const found = this.find(address, bytes.length);
    if (!found) throw new RangeError(`nothing at 0x${address.toString(16)}`);
    found.region.bytes.set(bytes, found.at);
  }

  async writeRegister(): Promise<void> {}

  async writeCpuRegister(): Promise<void> {}

  private find(address: bigint, length: number): { region: Region; at: number } | undefined {
    for (const region of this.regions) {
      const at = Number(address - region.start);
      if (at >= 0 && at + length <= region.bytes.length) return { region, at };
    }
    return undefined;
  }
}
