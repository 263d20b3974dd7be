// Pages that compiled code has just used: a line for each base register (and a few for other addresses), one for reads and one for writes, that holds a page's
// tag and addend as a fast TLB entry does. Code compares with its line, whose place is constant, before it looks the page up; what misses there looks
// it up in the fast TLB and fills the line. A line may be there only as long as the fast entry is: whatever may change entries disowns them, and they are
// dropped before compiled code goes on. An entry that has filled a line is marked (`Tlb.lined`): walks change others without a word.
import type { Code, Local } from '../../wasm/code';
import type { ModuleBuilder } from '../../wasm/module';
import { ACCESS_WRITE } from '../access-info';
import { PAGE_LINE_ADDENDS, PAGE_LINE_TAGS, PAGE_LINES, PAGE_LINES_OWNER, Tlb } from '../record';
import { emitFastEntryOffset } from '../tlb-index';

/** Lines of other addresses than those that have a general register as their base: each by some bits of what is known of it. */
export const PageLine = { ripRelative: 16, segment: 24, absolute: 28 } as const;

export const tagOf = (line: number, write: boolean): number => PAGE_LINE_TAGS + line * 16 + (write ? 8 : 0);
export const addendOf = (line: number, write: boolean): number => PAGE_LINE_ADDENDS + line * 8 + (write ? 4 : 0);

const VECTOR = 16;

/** Fast entries may change: lines are nobody's from now on. */
export function emitDisown(f: Code): void {
  f.i32(0).i32(0).mem('i32.store', PAGE_LINES_OWNER);
}
/** Before lines are used, and behind calls that may have disowned them. */
export function emitOwn(f: Code, tlb: Local, ownLines: number): void {
  f.i32(0).mem('i32.load', PAGE_LINES_OWNER).get(tlb).op('i32.ne').unlikely().if();
  f.get(tlb).call(ownLines).end();
}

/** Forgets all lines, and makes them a TLB's: (tlb). */
export function buildOwnLines(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32'], []);
  for (let at = 0; at < PAGE_LINES * 2 * 8; at += VECTOR) {
    f.i32(0).v128(Array.from({ length: VECTOR }, () => 0xff));
    f.simdMem('v128.store', PAGE_LINE_TAGS + at);
  }
  f.i32(0).get(0).mem('i32.store', PAGE_LINES_OWNER);
  return index;
}

/** What misses its line: (address, info, record, tlb, number of the line * 2, + 1 for writes) → 0 where the access is refused. Otherwise the line's addend makes the
 * host address of this address, though its tag may be none. */
export function buildTranslate(module: ModuleBuilder, access: number, ownLines: number): number {
  return buildLookUp(module, ({ f, va, info, record, tlb, line }) => {
    const host = f.local('i32');
    f.get(va).get(info).get(record).call(access).set(host);
    emitOwn(f, tlb, ownLines);
    // It may be no page's alone.
    f.get(line).i32(3).op('i32.shl').i64(-1).mem('i64.store', PAGE_LINE_TAGS);
    f.get(line).i32(2).op('i32.shl').get(host).get(va).op('i32.wrap_i64', 'i32.sub').mem('i32.store', PAGE_LINE_ADDENDS);
    f.get(host).op('return');
  });
}
/** The same → 0 where no fast entry has it: nothing has happened then. */
export const buildTranslateFast = (module: ModuleBuilder): number => buildLookUp(module, ({ f }) => f.i32(0).op('return'));

interface LookUp {
  readonly f: Code;
  readonly va: Local;
  readonly info: Local;
  readonly record: Local;
  readonly tlb: Local;
  readonly line: Local;
}
function buildLookUp(module: ModuleBuilder, otherwise: (parts: LookUp) => unknown): number {
  const { index, code: f } = module.func(['i64', 'i32', 'i32', 'i32', 'i32'], ['i32']);
  const [va, info, record, tlb, line] = [0, 1, 2, 3, 4];
  const entry = f.local('i32');
  const page = f.local('i64');
  emitFastEntryOffset(f, () => f.get(va).op('i32.wrap_i64'));
  f.get(tlb).op('i32.add').set(entry);
  f.get(entry).mem('i64.load', Tlb.write).get(entry).mem('i64.load', Tlb.read).get(info).i32(ACCESS_WRITE).op('i32.and', 'select');
  f.get(va).get(info).i32(0xffff).op('i32.and').i32(1).op('i32.sub', 'i64.extend_i32_u', 'i64.add').i64(-4096).op('i64.and').tee(page);
  f.op('i64.ne').unlikely().if();
  otherwise({ f, va, info, record, tlb, line });
  f.end();
  f.get(entry).i32(1).mem('i32.store', Tlb.lined);
  f.get(line).i32(3).op('i32.shl').get(page).mem('i64.store', PAGE_LINE_TAGS);
  f.get(line).i32(2).op('i32.shl').get(entry).mem('i32.load', Tlb.addend).mem('i32.store', PAGE_LINE_ADDENDS);
  f.i32(1);
  return index;
}
