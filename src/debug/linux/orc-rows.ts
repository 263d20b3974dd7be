// Which of two descriptions of a frame speaks: Linux's ORC knows interrupts and stack switches, call frame information knows more registers.
import type { UnwindRow } from '../../symbols/dwarf/unwind-row';
import type { OrcRow } from '../../symbols/orc';
import { cfaOf } from '../../symbols/unwind';
import type { PhysicalFrame } from '../frames/physical-frame';

/** 'end': the stack ends here, ORC says. */
export async function preferredRow(
  frame: PhysicalFrame,
  described: UnwindRow | undefined,
  orc: OrcRow | undefined,
): Promise<UnwindRow | 'end' | undefined> {
  if (!orc) return described;
  if (orc.orc === 'end') return 'end';
  if (orc.orc !== 'call' || !described) return orc;
  const { addressSize } = frame.stop;
  const [theirs, mine] = await Promise.all([cfaOf(described.cfa, frame, addressSize), cfaOf(orc.cfa, frame, addressSize)]);
  return theirs !== undefined && theirs === mine ? described : orc;
}
