// Compiled code from the debug console.
import { evaluateAddress } from '../../debug/c/evaluate';
import { regionsText } from '../../debug/disassembly/region-text';
import { regionTextAt } from '../custom/regions';
import { dapErrors } from '../errors';
import { evaluationScope } from '../evaluation-scope';
import type { Command } from './commands';

export const REGION_COMMANDS: readonly Command[] = [
  {
    name: 'regions',
    usage: 'regions [count on|off]',
    doc: 'code that is compiled now; with counts from "count on" on',
    run: async (guest, argument) => {
      const [, count] = /^count\s+(on|off)$/.exec(argument.trim()) ?? [];
      if (argument.trim() !== '' && count === undefined)
        throw dapErrors.badArgument('regions', 'write "regions", "regions count on" or "regions count off"');
      const all = await guest.control.compiledRegions(guest.vm, count === undefined ? undefined : count === 'on');
      if (count !== undefined && all.tier !== 'interpreter')
        return `counting is ${count}: regions are compiled again as their code turns hot`;
      return regionsText(all, (at) => guest.describe(at));
    },
  },
  {
    name: 'region',
    usage: 'region [ADDRESS]',
    doc: 'a compiled region: guest code, WebAssembly, counts; the address is a C expression',
    run: async (guest, argument, frameId) => {
      const scope = await evaluationScope(guest, frameId);
      const address = argument.trim() ? await evaluateAddress(argument, scope) : scope.frame.physical.pc;
      return (await regionTextAt(guest, address)).text;
    },
  },
];
