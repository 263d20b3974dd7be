// MS-DOS compatible reporting of x87 exceptions (CR0.NE clear): the processor asserts FERR# and stands still before the waiting instruction until an interrupt
// comes (SDM vol 1 ch. 8.7.2; app. D.2). Whatever handles that lets the instruction go on: it clears the exception, or the board asserts IGNNE#. FERR# is
// deferred to the waiting instruction, as since the P6 family.
import { Activity, NumericErrorPin } from '../../x86/layout';
import type { EngineReturn } from '../cpu-engine';
import type { RunBudget } from './run-budget';
import type { Vcpu } from './vcpu';
import { isWakeable } from './wakeable';

/** State is exact, before the instruction. FERR# goes out to the board: that crosses the border. */
export function numericError({ state, cpu }: Vcpu, budget: RunBudget): EngineReturn | undefined {
  if (budget.kind === 'stop-at-border') return { kind: 'border' };
  const pins = state.u32('numericError');
  state.setU32('numericError', pins | NumericErrorPin.ferr);
  state.setU32('activity', Activity.frozen);
  // It waits for interrupts: those that STI held back for this instruction come now.
  state.setU32('shadow', 0);
  if (!(pins & NumericErrorPin.ferr)) cpu.host.numericError?.();
  return isWakeable(state) ? undefined : { kind: 'halted' };
}
