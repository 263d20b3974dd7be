// The first write of a page since a snapshot, in the interpreter's module: the page as it was is put into a log that TypeScript empties later (write-log.ts), and
// its frame loses its mark. Of a page that was blank only its number is, so that the host's memory is not touched before the guest does. Busy guests write thousands of pages in every stretch between snapshots.
import type { ModuleBuilder } from '../wasm/module';
import { FRAME_TABLE, FRAME_TABLE_FRAMES, FrameKind, PAGE_SIZE, RAM_BASE } from '../x86/layout';
import { WRITE_LOG_BLANK, WRITE_LOG_COPIES, WRITE_LOG_PAGES, WriteLogCell } from './tlb-layout';

/** From the frame's kind to the mark in the log. */
const BLANK_SHIFT = Math.clz32(FrameKind.blank) - Math.clz32(WRITE_LOG_BLANK);

const KINDS = FrameKind.ram | FrameKind.dirtyLog | FrameKind.readOnly;

/** (guest frame that is about to be written) → 1: it was its first write, and is logged; 0: it was not, or is left to TypeScript. */
export function buildFirstWrite(module: ModuleBuilder): number {
  const { index, code: f } = module.func(['i32'], ['i32']);
  const gfn = 0;
  const [entry, page, count] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const leaveIf = (): void => {
    f.if();
    f.i32(0).op('return').end();
  };
  f.get(gfn).i32(FRAME_TABLE_FRAMES).op('i32.ge_u');
  leaveIf();
  f.get(gfn).i32(2).op('i32.shl').mem('i32.load', FRAME_TABLE).tee(entry).i32(KINDS).op('i32.and');
  f.i32(FrameKind.ram | FrameKind.dirtyLog).op('i32.ne');
  f.get(entry).i32(-PAGE_SIZE).op('i32.and').tee(page).get(gfn).i32(12).op('i32.shl').i32(RAM_BASE).op('i32.add', 'i32.ne', 'i32.or');
  f.i32(0).mem('i32.load', WriteLogCell.closed).op('i32.or');
  f.i32(0).mem('i32.load', WriteLogCell.count).tee(count).i32(WRITE_LOG_PAGES).op('i32.ge_u', 'i32.or');
  leaveIf();
  f.get(entry).i32(FrameKind.blank).op('i32.and', 'i32.eqz').if();
  f.get(count).i32(12).op('i32.shl').i32(WRITE_LOG_COPIES).op('i32.add').get(page).i32(PAGE_SIZE).memoryCopy();
  f.end();
  f.get(count).i32(2).op('i32.shl');
  f.get(gfn).get(entry).i32(FrameKind.blank).op('i32.and').i32(BLANK_SHIFT).op('i32.shl', 'i32.or').mem('i32.store', WriteLogCell.pages);
  f.i32(0).get(count).i32(1).op('i32.add').mem('i32.store', WriteLogCell.count);
  f.get(gfn)
    .i32(2)
    .op('i32.shl')
    .get(entry)
    .i32(~(FrameKind.dirtyLog | FrameKind.blank))
    .op('i32.and')
    .mem('i32.store', FRAME_TABLE);
  f.i32(1);
  return index;
}
