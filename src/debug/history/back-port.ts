// What going back needs of the debugger beside what stepping needs.
import type { Moment, TrailStep } from '../../machine/control/types';
import type { WantedStop } from '../breakpoints/stop-points';
import type { RunEnd } from '../run/runner';
import type { StepPort, Travel } from '../run/step-port';

export interface BackPort extends StepPort {
  /** Where one of the places, or a person's breakpoint, was met last. */
  backTo(places: readonly WantedStop[]): Promise<Travel>;
  /** One instruction of a vCPU less, or the beginning of what is recorded. */
  singleBack(vcpu: number): Promise<RunEnd>;
  goTo(moment: Moment): Promise<RunEnd>;
  toBeginning(): Promise<RunEnd>;
  /** What the vCPU has run in its last `count` instructions, as far as it is recorded. */
  trail(vcpu: number, count: number): Promise<readonly TrailStep[]>;
}
