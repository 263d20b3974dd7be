// One vCPU as the run loop drives it: its engine with the vCPU's number filled in.
import type { EngineReturn } from '../../engine/cpu-engine';

export interface Runner {
  run(budgetNs: number): EngineReturn;
  runThrough(budgetNs: number): EngineReturn;
  runBorder(): EngineReturn;
  /** Virtual ns of the call that is on the stack, or of the last one. */
  consumedNs(): number;
  requestLeave(): void;
  retired(): number;
}
