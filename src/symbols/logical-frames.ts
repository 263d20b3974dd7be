// The calls an address stands in as a person sees them: inlined ones and the function around them, with their variables.

import { dieRanges } from './dwarf/ranges';
import type { FileContext } from './file-context';
import type { FrameSite } from './frame-evaluator';
import type { FunctionFinder } from './function-finder';
import { scopeFrames } from './scopes';
import type { LogicalFrame, SourcePosition } from './symbol-model';
import { variablesOf } from './variable';

/** Innermost first. `position` is the line at the address. */
export function logicalFrames(
  context: FileContext,
  functions: FunctionFinder,
  fileAddress: bigint,
  position: SourcePosition | undefined,
): LogicalFrame[] {
  const found = context.data.functionAt(fileAddress);
  if (!found) return [];
  const site: FrameSite = { functionDie: found.die, address: fileAddress };
  const info = functions.describe(found);
  let here = position;
  return scopeFrames(found.die, fileAddress).map(({ die, scopes }, i, all) => {
    const inlined = i < all.length - 1;
    const callSite = inlined ? context.callSite(die) : undefined;
    const frame: LogicalFrame = {
      name: inlined ? context.data.nameOf(die) : found.name,
      inlined,
      function: info,
      position: here,
      callSite,
      ranges: inlined ? dieRanges(die).map((range) => context.rangeToGuest(range)) : info.ranges,
      variables: () => variablesOf(context, scopes, site),
    };
    here = callSite;
    return frame;
  });
}
