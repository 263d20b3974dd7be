// Functions of the interpreter's module that a region calls, imported as they turn out to be needed; and the region's module in its binary format.
import { pushBranchHints } from '../../wasm/branch-hints';
import { ByteList } from '../../wasm/byte-list';
import type { Code } from '../../wasm/code';
import { pushUleb } from '../../wasm/leb';
import { ValType, type ValTypeName } from '../../wasm/opcodes';

interface Signature {
  parameters: readonly ValTypeName[];
  results: readonly ValTypeName[];
}
const signature = (parameters: readonly ValTypeName[], ...results: ValTypeName[]): Signature => ({ parameters, results });

const HANDLER = signature(['i32', 'i32'], 'i32');
/** What the interpreter's module exports for regions; string operations have a handler's signature, tests of flags push an i32. */
const SIGNATURES: Readonly<Record<string, Signature>> = {
  access: signature(['i64', 'i32', 'i32'], 'i32'),
  translate: signature(['i64', 'i32', 'i32', 'i32', 'i32'], 'i32'),
  translateFast: signature(['i64', 'i32', 'i32', 'i32', 'i32'], 'i32'),
  ownLines: signature(['i32']),
  commit: signature(['i32']),
  straddle: signature(['i32'], 'i32'),
  raise: signature(['i32', 'i32']),
  vector: signature(['i32', 'i32', 'i32', 'i32', 'i32'], 'i32'),
  fpuCall: signature(['i32', 'i32', 'i32'], 'i32'),
  codePointer: signature(['i32']),
  dataPointer: signature(['i32', 'i64']),
  enterMmx: signature([]),
  pause: signature(['i32']),
  lookup: signature(['i64', 'i32'], 'i32'),
  stack: signature(['i64', 'i32', 'i32', 'i32'], 'i32'),
  replaceFlags: signature(['i64', 'i32']),
  materialiseFlags: signature([]),
  mulHighU: signature(['i64', 'i64'], 'i64'),
  mulHighS: signature(['i64', 'i64'], 'i64'),
  divU128: signature(['i64', 'i64', 'i64'], 'i64'),
};
const signatureOf = (name: string): Signature => {
  if (name.startsWith('quick')) return SIGNATURES.straddle!;
  return SIGNATURES[name] ?? (name.startsWith('test_') ? signature([], 'i32') : HANDLER);
};

export class RegionImports {
  private readonly names: string[] = [];
  private readonly types: { key: string; signature: Signature }[] = [];

  constructor(private readonly memory: { pages: number; maximum: number; shared: boolean }) {
    this.typeOf(HANDLER);
  }

  private typeOf(signature: Signature): number {
    const key = `${signature.parameters.join()}:${signature.results.join()}`;
    const found = this.types.findIndex((type) => type.key === key);
    return found >= 0 ? found : this.types.push({ key, signature }) - 1;
  }
  /** Index of a function by its exported name. */
  index(name: string): number {
    const found = this.names.indexOf(name);
    return found >= 0 ? found : this.names.push(name) - 1;
  }

  /** The module: imports of "engine", one function "region". */
  build(code: Code): Uint8Array<ArrayBuffer> {
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
    const imported = this.names.map((name) => ({ name, type: this.typeOf(signatureOf(name)) }));
    section(1, (body) => {
      pushUleb(body, this.types.length);
      for (const { signature } of this.types) {
        body.push(0x60);
        for (const list of [signature.parameters, signature.results]) {
          pushUleb(body, list.length);
          body.append(list.map((type) => ValType[type]));
        }
      }
    });
    section(2, (body) => {
      pushUleb(body, imported.length + 1);
      text(body, 'engine');
      text(body, 'memory');
      body.append([2, this.memory.shared ? 3 : 1]);
      pushUleb(body, this.memory.pages);
      pushUleb(body, this.memory.maximum);
      for (const { name, type } of imported) {
        text(body, 'engine');
        text(body, name);
        body.push(0);
        pushUleb(body, type);
      }
    });
    section(3, (body) => body.append([1, 0]));
    section(7, (body) => {
      body.push(1);
      text(body, 'region');
      body.push(0);
      pushUleb(body, imported.length);
    });
    const { body: bytes, unlikely } = code.finish();
    section(0, (body) => pushBranchHints(body, [{ index: imported.length, unlikely }]));
    section(10, (body) => {
      body.push(1);
      pushUleb(body, bytes.length);
      body.append(bytes);
    });
    return out.toBytes();
  }
}
