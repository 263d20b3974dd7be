// An exit that happens again and again (a loop that polls): where the last ones were of the same instruction, said the same and came as much later each (run/exit-repeats.ts), the next that
// does so too is counted and not written. Not before the log is empty: what is counted comes before what the log has.
import type { Code, Local } from '../../wasm/code';
import type { QuickExitName } from '../../x86/cpu';
import { QUICK_EXITS, RepeatCell, SIGNATURE_KIND } from '../record';

/** An event is written: no exit counts as one before it. */
export function emitNoRepeats(f: Code): void {
  // As a number it is none.
  f.i32(0).i64(-1).mem('i64.store', RepeatCell.nextNs);
}

interface Exit {
  readonly ns: Local;
  readonly rip: Local;
  readonly kind: QuickExitName;
  /** Pushes an i64: what its event says besides, as RepeatCell.signature but for the kind. */
  says(): unknown;
}

/** It is counted, or it is written. */
export function emitRepeat(f: Code, { ns, rip, kind, says }: Exit, write: () => void): void {
  const written = f.block();
  const again = f.block();
  f.i32(0).mem('f64.load', RepeatCell.nextNs).get(ns).op('f64.eq').if();
  f.i32(0).mem('i64.load', RepeatCell.rip).get(rip).op('i64.eq');
  says();
  f.i64(BigInt(QUICK_EXITS.indexOf(kind) + 1) << BigInt(SIGNATURE_KIND)).op('i64.or');
  f.i32(0).mem('i64.load', RepeatCell.signature).op('i64.eq', 'i32.and').brIf(again);
  f.end();
  write();
  f.br(written).end();
  f.i32(0).i32(0).mem('i32.load', RepeatCell.times).i32(1).op('i32.add').mem('i32.store', RepeatCell.times);
  f.i32(0).get(ns).i32(0).mem('f64.load', RepeatCell.stepNs).op('f64.add').mem('f64.store', RepeatCell.nextNs);
  f.end();
}
