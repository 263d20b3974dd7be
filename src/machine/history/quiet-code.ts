// Whether an instruction at a guest-physical place can have been run between two snapshots: at one of the linear addresses that led there.
import { mayHaveFetched, mayHaveRunAtOffset } from '../../engine/fetch-log';
import { mayHold } from '../control/may-hold';
import type { Program } from '../control/types';
import { linearsOf, type Stretch } from './quiet-tables';

const NOTHING = { name: undefined, fields: new Map(), hypercallNr: undefined };
/** No code but 64-bit code is above: and there RIP is the linear address (SDM vol 3, 3.2.4). */
const LONG_ONLY = 1n << 32n;

export function mayHaveRun(stretch: Stretch, fetched: Uint8Array, gpa: number, condition: Program | undefined): boolean {
  if (!mayHaveRunAtOffset(fetched, gpa)) return false;
  const linears = linearsOf(stretch, gpa);
  return (
    linears === undefined ||
    linears.some((linear) => {
      if (!mayHaveFetched(fetched, linear)) return false;
      return condition === undefined || linear < LONG_ONLY || mayHold(condition, { ...NOTHING, rip: linear });
    })
  );
}
