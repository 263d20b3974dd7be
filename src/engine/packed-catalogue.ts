// The catalogue of handlers as the interpreter's module carries it (pack-catalogue.ts): a start parses no row that its guest does not run, and a module always
// has the numbers that it was made with.
import { assert } from '../base/assert';
import type { OpcodePlace } from '../x86/decode/table';
import type { OperandBytes } from '../x86/emit/context';
import type { InsnRow } from '../x86/insn/row';
import { type BranchForm, type Form, formOf, type MemoryForm } from './forms';
import { type FusedNode, gotoForm, type HandlerCatalogue, type HandlerNumber, Micro } from './handlers';
import { formOfVariant, SECTION, variantIndex } from './pack-catalogue';

/** The catalogue that a module was made with, of the same rows. */
export class PackedCatalogue implements HandlerCatalogue {
  readonly count: number;
  readonly fused: FusedNode = { handler: -1, next: new Map() };
  readonly lookedUp: Uint8Array;
  readonly linked: Uint8Array;
  /** By encoding: where in the opcode maps. */
  readonly places: ReadonlyMap<string, OpcodePlace>;
  private readonly packed: Uint16Array;
  /** Where a row's variants begin: their count, then variant and number of each. */
  private readonly starts = new Map<InsnRow, number>();
  private readonly forms: (Form | undefined)[] = [];
  /** By handler number: its first row (its place in `rows`) and variant. */
  private firsts: Map<number, { row: InsnRow; variant: number }> | undefined;

  constructor(
    module: WebAssembly.Module,
    private readonly rows: readonly InsnRow[],
  ) {
    const [section] = WebAssembly.Module.customSections(module, SECTION);
    assert(section, "the interpreter's module carries its catalogue");
    const packed = new Uint16Array(section);
    this.packed = packed;
    this.count = packed[0]!;
    assert(packed[1] === rows.length, "the interpreter's module was made of these rows");
    let at = 2;
    const places = new Map<string, OpcodePlace>();
    for (const row of rows) {
      const opcode = packed[at]!;
      places.set(row.encoding, { map: opcode >> 8, first: opcode & 0xff, last: packed[at + 1]! });
      this.starts.set(row, at + 2);
      at += 3 + 2 * packed[at + 2]!;
    }
    this.places = places;
    const marks = (): Uint8Array => {
      const marked = new Uint8Array(this.count);
      for (const end = at + packed[at]!; at < end; ) marked[packed[++at]!] = 1;
      at++;
      return marked;
    };
    this.lookedUp = marks();
    this.linked = marks();
    for (let left = packed[at++]!; left > 0; left--) {
      let node = this.fused;
      for (let parts = packed[at++]!; parts > 0; parts--) node = childOf(node, packed[at++]!);
      node.handler = packed[at++]!;
    }
    this.forms[Micro.gotoLinked] = gotoForm('linked');
    this.forms[Micro.gotoLookedUp] = gotoForm('looked-up');
  }

  numberOf(row: InsnRow, size: OperandBytes, memory: MemoryForm, branch: BranchForm): HandlerNumber {
    const { packed } = this;
    const wanted = variantIndex(size, memory, branch);
    const start = this.starts.get(row);
    assert(start !== undefined, `${row.name} is a row of the catalogue`);
    for (let at = start + 1, end = at + 2 * packed[start]!; at < end; at += 2)
      if (packed[at] === wanted) return { number: packed[at + 1]!, form: formOf(row, size, memory, branch) };
    assert(false, `${row.name} has a handler for size ${size}, ${memory}, ${branch}`);
  }

  formOf(number: number): Form | undefined {
    const known = this.forms[number];
    if (known !== undefined) return known;
    this.firsts ??= this.index();
    const first = this.firsts.get(number);
    if (first === undefined) return undefined;
    const form = formOfVariant(first.row, first.variant);
    this.forms[number] = form;
    return form;
  }

  private index(): Map<number, { row: InsnRow; variant: number }> {
    const { packed } = this;
    const firsts = new Map<number, { row: InsnRow; variant: number }>();
    for (const row of this.rows) {
      const start = this.starts.get(row)!;
      for (let at = start + 1, end = at + 2 * packed[start]!; at < end; at += 2) {
        const number = packed[at + 1]!;
        if (!firsts.has(number)) firsts.set(number, { row, variant: packed[at]! });
      }
    }
    return firsts;
  }
}

function childOf(node: FusedNode, number: number): FusedNode {
  let child = node.next.get(number);
  if (child === undefined) {
    child = { handler: -1, next: new Map() };
    node.next.set(number, child);
  }
  return child;
}
