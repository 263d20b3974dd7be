// Where a step back ends, found in the instructions that led here: the beginning of the line before, or of this one; calls are stepped over or into.
import { beginsLine, type Place, sameLine } from './trail-frame';

export interface Wish {
  readonly from: Place;
  /** Address behind the call in the caller. */
  readonly callerPc: bigint | undefined;
  readonly unit: 'line' | 'instruction';
  readonly into: boolean;
  /** No further than the beginning of the line that `from` is in the middle of. */
  readonly within?: boolean;
  /** The instruction there is a call. */
  readonly isCall: (place: Place) => boolean;
}

/** `index`: of the step to go to. `certain`: what came earlier cannot change that. `inside`: all that is seen belongs to what was called or came in between. */
export interface Found {
  readonly index: number | undefined;
  readonly certain: boolean;
  readonly inside: boolean;
}

export function searchTrail(steps: readonly Place[], wish: Wish): Found {
  const { unit, into, isCall } = wish;
  let { from } = wish;
  let index: number | undefined;
  /** Of the line that is gone back through: its last step, the nearest in time. */
  let run: Place | undefined = wish.within ? from : undefined;
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!;
    if (isFrameOf(step, from)) {
      if (unit === 'instruction' || from.line === undefined) return { index: i, certain: true, inside: false };
      // Inlined calls are stepped over, too.
      if (step.line === undefined || (!into && step.depth > from.depth)) continue;
      if (run !== undefined && !sameLine(step.line, run.line)) return { index, certain: true, inside: false };
      run ??= step;
      index = i;
    } else if (isCaller(step, from, from === wish.from ? wish.callerPc : undefined)) {
      return { index: index ?? i, certain: true, inside: false };
    } else if (into && run === undefined && step.line !== undefined && wasCalled(steps, i, from, isCall)) {
      if (unit === 'instruction') return { index: i, certain: true, inside: false };
      from = step;
      run = step;
      index = i;
    }
  }
  return { index, certain: run !== undefined && index !== undefined && beginsRun(steps[index]!), inside: run === undefined };
}

/** Nothing of the same line can come before. */
const beginsRun = (place: Place): boolean => place.pc === place.functionStart && beginsLine(place);

function isFrameOf(step: Place, from: Place): boolean {
  if (step.functionStart !== from.functionStart) return false;
  // Hand-written assembly: what is not below the stack pointer is no call.
  return from.cfa === undefined ? step.rsp >= from.rsp || step.cfa === undefined : step.cfa === from.cfa;
}

function isCaller(step: Place, from: Place, callerPc: bigint | undefined): boolean {
  if (step.cfa === undefined || from.cfa === undefined || step.cfa <= from.cfa) return false;
  return callerPc === undefined || (step.pc < callerPc && callerPc - step.pc <= 16n);
}

/** Not an interrupt: the last instruction of the frame before was a call. Not seen: it will have been one. */
function wasCalled(steps: readonly Place[], at: number, from: Place, isCall: (place: Place) => boolean): boolean {
  for (let i = at - 1; i >= 0; i--) if (isFrameOf(steps[i]!, from)) return isCall(steps[i]!);
  return true;
}
