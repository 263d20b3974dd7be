// One vCPU as the run loop drives it: its engine with the vCPU's number filled in.
import type { EngineReturn } from '../../engine/cpu-engine';

export interface Runner {
  /** `lookNs`: as CpuEngine.onLook. */
  run(budgetNs: number, lookNs: number): EngineReturn;
  /** `wantedNs`: it may end after so much, without what exits take that the engine serves itself; or after TypeScript has run something `mostTrips` times. */
  runThrough(budgetNs: number, wantedNs: number, mostTrips: number, lookNs: number): EngineReturn;
  runBorder(): EngineReturn;
  /** Virtual ns of the call that is on the stack, or of the last one. */
  consumedNs(): number;
  /** Of the last call's, what exits took that the engine served itself. */
  servedNs(): number;
  /** How often the last call let TypeScript run something. */
  trips(): number;
  requestLeave(): void;
  retired(): number;
}
