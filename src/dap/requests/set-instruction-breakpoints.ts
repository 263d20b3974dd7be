// Breakpoints on addresses, from the disassembly view.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { breakpointBody } from '../breakpoint-body';
import { breakpointMode } from '../breakpoint-modes';
import { request } from '../handler';
import { parseReference } from '../memory-reference';

type Answer = DebugProtocol.SetInstructionBreakpointsResponse['body'];

export const setInstructionBreakpoints = request<DebugProtocol.SetInstructionBreakpointsArguments, Answer>('setInstructionBreakpoints', {
  capabilities: { supportsInstructionBreakpoints: true },
  handle(session, args) {
    const guest = session.guest('setInstructionBreakpoints');
    const set = guest.breakpoints.set(
      'instructions',
      args.breakpoints.map(({ instructionReference, offset, condition, hitCondition, mode }) => ({
        subject: { kind: 'instruction', address: parseReference('setInstructionBreakpoints', instructionReference, offset) },
        options: { condition, hitCondition, mode: breakpointMode(mode) },
      })),
    );
    return { breakpoints: set.map((each) => breakpointBody(each, guest)) };
  },
});
