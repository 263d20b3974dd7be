// Which handlers the interpreter has and their numbers: micro-records first, then the hot ones (in the loop's table), then the others (called).
import { assert } from '../base/assert';
import type { OperandBytes } from '../x86/emit/context';
import type { InsnRow } from '../x86/insn/row';
import { type BranchForm, type Form, formOf, hasRel, type MemoryForm, memoryFormsOf, sizesOf } from './forms';
import { FUSED, HOT } from './hot';

/** Numbers of the records that are not instructions' own. */
export const Micro = {
  /** Leave before this record: budget patches. */
  leave: 0,
  gotoLinked: 1,
  gotoLookedUp: 2,
  /** Effective address into a slot: 64 bits; 32 bits plus base; 32 bits all in all; with segment checks. */
  address64: 3,
  address32: 4,
  addressFlat32: 5,
  addressChecked: 6,
  /** The block's only instruction crosses pages: check the second page. */
  straddle: 7,
  /** Instructions of helpers that the interpreter runs itself where they are usual (emit/quick-emitter.ts); their own handler is `helper`. */
  cli: 8,
  sti: 9,
  rdtsc: 10,
  rdtscp: 11,
  cpuid: 12,
  port: 13,
  invlpg: 14,
  controlRead: 15,
  iret: 16,
  vmcall: 17,
  /** #UD known from decoding, of which `fault` is its own handler. */
  undefined: 18,
  /** A debugger's stop point may be here. */
  stopPoint: 19,
  /** A TypeScript helper runs the instruction; link: index of its description. */
  helper: 20,
  /** #UD and other faults known from decoding; link: vector. */
  fault: 21,
  unimplemented: 22,
} as const;
export const MICRO_COUNT = 23;

export interface HandlerCatalogue {
  /** The micro-records that do something in the loop; goto's are written as forms. */
  micros: ReadonlyMap<number, Form>;
  hot: readonly (readonly Form[])[];
  cold: readonly (readonly Form[])[];
  /** Handler number of an instruction. */
  numberOf(row: InsnRow, size: OperandBytes, memory: MemoryForm, branch: BranchForm): HandlerNumber;
  /** Number of the handler that runs this sequence of handlers, longest first. */
  fused: FusedNode;
  /** The form that a record's own handler runs; undefined for micro-records but goto's. */
  formOf(number: number): Form | undefined;
  /** For statistics and tests. */
  keyOf(number: number): string;
  /** Number of the first handler behind them all: those of compiled regions. */
  count: number;
}

export interface HandlerNumber {
  number: number;
  form: Form;
}

export interface FusedNode {
  handler: number;
  next: Map<number, FusedNode>;
}

const gotoForm = (branch: BranchForm): Form => ({
  key: `goto ${branch}`,
  name: 'goto',
  emit: (c) => c.jump(),
  size: 8,
  memory: 'register',
  branch,
  roles: [],
  swapped: false,
  vectors: false,
});

export function buildCatalogue(rows: readonly InsnRow[]): HandlerCatalogue {
  const byKey = new Map<string, Form>();
  const variants = new Map<InsnRow, Map<number, Form>>();
  for (const row of rows) {
    if (!row.emit) continue;
    const list = new Map<number, Form>();
    for (const size of sizesOf(row))
      for (const memory of memoryFormsOf(row))
        for (const branch of (hasRel(row) ? ['linked', 'looked-up'] : ['linked']) as BranchForm[]) {
          const form = formOf(row, size, memory, branch);
          // Forms that look alike but are written differently (MOVD to and from XMM) are told apart.
          while (byKey.has(form.key) && byKey.get(form.key)!.emit !== form.emit) form.key += "'";
          if (!byKey.has(form.key)) byKey.set(form.key, form);
          list.set(variantIndex(size, memory, branch), form);
        }
    variants.set(row, list);
  }
  const numbers = new Map<string, number>();
  const keys: string[] = Object.keys(Micro);
  const single: (Form | undefined)[] = [];
  const hot: Form[][] = [];
  const cold: Form[][] = [];
  const add = (list: Form[][], forms: Form[], key: string): void => {
    list.push(forms);
    if (forms.length === 1) single[keys.length] = forms[0];
    numbers.set(key, keys.length);
    keys.push(key);
  };
  for (const key of HOT) {
    const form = byKey.get(key);
    assert(form, `hot handler "${key}" exists`);
    add(hot, [form], key);
  }
  const fused: FusedNode = { handler: -1, next: new Map() };
  const sequences = FUSED.map((text) => text.split(' + '));
  for (const sequence of sequences) {
    const forms = sequence.map((key) => {
      const form = byKey.get(key);
      assert(form, `fused handler "${key}" exists`);
      return form;
    });
    add(hot, forms, sequence.join(' + '));
  }
  for (const [key, form] of byKey) if (!numbers.has(key)) add(cold, [form], key);
  for (const sequence of sequences) {
    let node = fused;
    for (const key of sequence) {
      const number = numbers.get(key)!;
      let child = node.next.get(number);
      if (!child) {
        child = { handler: -1, next: new Map() };
        node.next.set(number, child);
      }
      node = child;
    }
    node.handler = numbers.get(sequence.join(' + '))!;
  }
  const resolved = new Map<InsnRow, (HandlerNumber | undefined)[]>();
  for (const [row, list] of variants) {
    const array: (HandlerNumber | undefined)[] = [];
    for (const [index, form] of list) array[index] = { number: numbers.get(form.key)!, form };
    resolved.set(row, array);
  }
  const gotoLinked = gotoForm('linked');
  const gotoLookedUp = gotoForm('looked-up');
  single[Micro.gotoLinked] = gotoLinked;
  single[Micro.gotoLookedUp] = gotoLookedUp;
  return {
    micros: new Map([
      [Micro.leave, gotoForm('linked')],
      [Micro.gotoLinked, gotoLinked],
      [Micro.gotoLookedUp, gotoLookedUp],
      [Micro.address64, gotoForm('linked')],
      [Micro.address32, gotoForm('linked')],
      [Micro.addressFlat32, gotoForm('linked')],
      [Micro.addressChecked, gotoForm('linked')],
      [Micro.straddle, gotoForm('linked')],
      [Micro.cli, gotoForm('linked')],
      [Micro.sti, gotoForm('linked')],
      [Micro.rdtsc, gotoForm('linked')],
      [Micro.rdtscp, gotoForm('linked')],
      [Micro.cpuid, gotoForm('linked')],
      [Micro.port, gotoForm('linked')],
      [Micro.invlpg, gotoForm('linked')],
      [Micro.controlRead, gotoForm('linked')],
      [Micro.vmcall, gotoForm('linked')],
      [Micro.undefined, gotoForm('linked')],
      [Micro.iret, gotoForm('linked')],
      [Micro.helper, gotoForm('linked')],
      [Micro.fault, gotoForm('linked')],
    ]),
    hot,
    cold,
    fused,
    numberOf(row, size, memory, branch) {
      const found = resolved.get(row)?.[variantIndex(size, memory, branch)];
      assert(found, `${row.name} has a handler for size ${size}, ${memory}, ${branch}`);
      return found;
    },
    formOf: (number) => single[number],
    keyOf: (number) => keys[number] ?? '?',
    count: keys.length,
  };
}

const SIZE_INDEX: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 2, 8: 3, 16: 4, 32: 5 };
function variantIndex(size: number, memory: MemoryForm, branch: BranchForm): number {
  return SIZE_INDEX[size]! * 6 + (memory === 'register' ? 0 : memory === 'base' ? 1 : 2) * 2 + (branch === 'linked' ? 0 : 1);
}
