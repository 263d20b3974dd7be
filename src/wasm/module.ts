// A WebAssembly module in its binary format: types, imports, functions, one table, exports. Knows no x86.
import { assert } from '../base/assert';
import { pushBranchHints } from './branch-hints';
import { ByteList } from './byte-list';
import { Code } from './code';
import { pushSleb32, pushUleb } from './leb';
import { ValType, type ValTypeName } from './opcodes';

type Import =
  | { kind: 'func'; module: string; name: string; type: number }
  | { kind: 'memory'; module: string; name: string; pages: number; maximum: number; shared: boolean };

interface DefinedFunc {
  type: number;
  code: Code;
}

export class ModuleBuilder {
  private readonly types: { parameters: readonly ValTypeName[]; results: readonly ValTypeName[] }[] = [];
  private readonly typeIndex = new Map<string, number>();
  private readonly imports: Import[] = [];
  private importedFuncs = 0;
  private readonly funcs: DefinedFunc[] = [];
  private readonly exports: { name: string; func: number }[] = [];
  private elements: readonly number[] | undefined;
  private tableSpare = 0;
  private tableName: string | undefined;

  type(parameters: readonly ValTypeName[], results: readonly ValTypeName[]): number {
    const key = `${parameters.join()}:${results.join()}`;
    let index = this.typeIndex.get(key);
    if (index === undefined) {
      index = this.types.length;
      this.types.push({ parameters, results });
      this.typeIndex.set(key, index);
    }
    return index;
  }

  importFunc(module: string, name: string, parameters: readonly ValTypeName[], results: readonly ValTypeName[]): number {
    assert(this.funcs.length === 0, 'imports come before functions');
    this.imports.push({ kind: 'func', module, name, type: this.type(parameters, results) });
    return this.importedFuncs++;
  }

  importMemory(module: string, name: string, pages: number, maximum: number, shared: boolean): void {
    this.imports.push({ kind: 'memory', module, name, pages, maximum, shared });
  }

  /** Declares a function whose body the returned Code takes; its index can be called at once. */
  func(parameters: readonly ValTypeName[], results: readonly ValTypeName[], exportName?: string): { index: number; code: Code } {
    const code = new Code(parameters.length);
    this.funcs.push({ type: this.type(parameters, results), code });
    const index = this.importedFuncs + this.funcs.length - 1;
    if (exportName !== undefined) this.exports.push({ name: exportName, func: index });
    return { index, code };
  }

  /** Table 0 holds these functions, and behind them so many empty places; exported by a name where it has one. */
  table(funcs: readonly number[], spare = 0, exportName?: string): void {
    this.elements = funcs;
    this.tableSpare = spare;
    this.tableName = exportName;
  }
  export(name: string, func: number): void {
    this.exports.push({ name, func });
  }

  build(): Uint8Array<ArrayBuffer> {
    const out = new ByteList();
    out.append([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, write: (body: ByteList) => void): void => {
      const body = new ByteList();
      write(body);
      out.push(id);
      pushUleb(out, body.length);
      out.append(body);
    };
    const text = (body: ByteList, value: string): void => {
      pushUleb(body, value.length);
      for (let i = 0; i < value.length; i++) body.push(value.charCodeAt(i));
    };
    section(1, (body) => {
      pushUleb(body, this.types.length);
      for (const { parameters, results } of this.types) {
        body.push(0x60);
        pushUleb(body, parameters.length);
        body.append(parameters.map((t) => ValType[t]));
        pushUleb(body, results.length);
        body.append(results.map((t) => ValType[t]));
      }
    });
    section(2, (body) => {
      pushUleb(body, this.imports.length);
      for (const item of this.imports) {
        text(body, item.module);
        text(body, item.name);
        if (item.kind === 'func') {
          body.push(0);
          pushUleb(body, item.type);
        } else {
          body.append([2, item.shared ? 3 : 1]);
          pushUleb(body, item.pages);
          pushUleb(body, item.maximum);
        }
      }
    });
    section(3, (body) => {
      pushUleb(body, this.funcs.length);
      for (const { type } of this.funcs) pushUleb(body, type);
    });
    const elements = this.elements;
    if (elements)
      section(4, (body) => {
        body.append([1, 0x70, 0]);
        pushUleb(body, elements.length + this.tableSpare);
      });
    section(7, (body) => {
      pushUleb(body, this.exports.length + (this.tableName === undefined ? 0 : 1));
      for (const { name, func } of this.exports) {
        text(body, name);
        body.push(0);
        pushUleb(body, func);
      }
      if (this.tableName !== undefined) {
        text(body, this.tableName);
        body.append([1, 0]);
      }
    });
    if (elements)
      section(9, (body) => {
        body.append([1, 0, 0x41]);
        pushSleb32(body, 0);
        body.push(0x0b);
        pushUleb(body, elements.length);
        for (const func of elements) pushUleb(body, func);
      });
    const finished = this.funcs.map(({ code }) => code.finish());
    section(0, (body) =>
      pushBranchHints(
        body,
        finished.map(({ unlikely }, i) => ({ index: this.importedFuncs + i, unlikely })),
      ),
    );
    section(10, (body) => {
      pushUleb(body, finished.length);
      for (const { body: bytes } of finished) {
        pushUleb(body, bytes.length);
        body.append(bytes);
      }
    });
    return out.toBytes();
  }
}
