// Which handlers the interpreter has and their numbers: micro-records first, then the hot ones (in the loop's table), then the others (called).
import { assert } from '../base/assert';
import type { OperandBytes } from '../x86/emit/context';
import type { InsnRow } from '../x86/insn/row';
import { type BranchForm, type Form, formOf, hasRel, type MemoryForm, memoryFormsOf, sizesOf } from './forms';
import { FUSED, HOT } from './hot';
import { packCatalogue, variantIndex } from './pack-catalogue';

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
  softwareInterrupt: 18,
  swapGs: 19,
  segmentBase: 20,
  protectionKeys: 21,
  loadMxcsr: 22,
  popf: 23,
  accessFlag: 24,
  addressSpace: 25,
  systemCall: 26,
  systemReturn: 27,
  /** #UD known from decoding, of which `fault` is its own handler. */
  undefined: 28,
  /** A debugger's stop point may be here. */
  stopPoint: 29,
  /** A TypeScript helper runs the instruction; link: index of its description. */
  helper: 30,
  /** #UD and other faults known from decoding; link: vector. */
  fault: 31,
  unimplemented: 32,
} as const;
export const MICRO_COUNT = 33;

/** What the interpreter's module is made of. */
export interface InterpreterForms {
  /** The micro-records that do something in the loop; goto's are written as forms. */
  micros: ReadonlyMap<number, Form>;
  hot: readonly (readonly Form[])[];
  cold: readonly (readonly Form[])[];
  /** What running needs of it, as numbers: the module carries them (pack-catalogue.ts). */
  packed: Uint16Array<ArrayBuffer>;
}

/** What running needs to know of handlers. */
export interface HandlerCatalogue {
  /** Handler number of an instruction. */
  numberOf(row: InsnRow, size: OperandBytes, memory: MemoryForm, branch: BranchForm): HandlerNumber;
  /** Number of the handler that runs this sequence of handlers, longest first. */
  fused: FusedNode;
  /** The form that a record's own handler runs; undefined for micro-records but goto's. */
  formOf(number: number): Form | undefined;
  /** By number: its last instruction branches to another page; it is a branch that is linked. */
  lookedUp: Uint8Array;
  linked: Uint8Array;
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

export const gotoForm = (branch: BranchForm): Form => ({
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

export function buildCatalogue(rows: readonly InsnRow[]): InterpreterForms {
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
  const hot: Form[][] = [];
  const cold: Form[][] = [];
  const add = (list: Form[][], forms: Form[], key: string): void => {
    list.push(forms);
    numbers.set(key, keys.length);
    keys.push(key);
  };
  for (const key of HOT) {
    const form = byKey.get(key);
    assert(form, `hot handler "${key}" exists`);
    add(hot, [form], key);
  }
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
  const packed = packCatalogue({
    count: keys.length,
    rows: rows.map((row) => ({
      row,
      variants: [...(variants.get(row) ?? [])].map(([variant, form]) => ({ variant, number: numbers.get(form.key)! })),
    })),
    lookedUp: keys.flatMap((key, number) => (key.includes('looked-up') ? [number] : [])),
    linked: keys.flatMap((key, number) => (key.includes(' linked ') && !key.includes(' + ') ? [number] : [])),
    sequences: sequences.map((sequence) => ({
      parts: sequence.map((key) => numbers.get(key)!),
      handler: numbers.get(sequence.join(' + '))!,
    })),
  });
  return {
    micros: new Map([
      [Micro.leave, gotoForm('linked')],
      [Micro.gotoLinked, gotoForm('linked')],
      [Micro.gotoLookedUp, gotoForm('looked-up')],
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
      [Micro.softwareInterrupt, gotoForm('linked')],
      [Micro.swapGs, gotoForm('linked')],
      [Micro.segmentBase, gotoForm('linked')],
      [Micro.protectionKeys, gotoForm('linked')],
      [Micro.loadMxcsr, gotoForm('linked')],
      [Micro.popf, gotoForm('linked')],
      [Micro.accessFlag, gotoForm('linked')],
      [Micro.addressSpace, gotoForm('linked')],
      [Micro.systemCall, gotoForm('linked')],
      [Micro.systemReturn, gotoForm('linked')],
      [Micro.undefined, gotoForm('linked')],
      [Micro.iret, gotoForm('linked')],
      [Micro.helper, gotoForm('linked')],
      [Micro.fault, gotoForm('linked')],
    ]),
    hot,
    cold,
    packed,
  };
}
