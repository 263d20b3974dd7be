// Modes a client may offer for a breakpoint's place; the debug console has them as options of "break" and "watch".
import type { DebugProtocol } from '@vscode/debugprotocol';
import { BREAKPOINT_MODES, type BreakpointMode } from '../debug/breakpoints/breakpoint';

export const MODES: DebugProtocol.BreakpointMode[] = [
  {
    mode: 'virtual',
    label: 'Virtual address',
    description: 'Wherever this address is executed, in every address space.',
    appliesTo: ['source', 'instruction', 'data'],
  },
  {
    mode: 'physical',
    label: 'Physical address',
    description: 'The physical place behind the address now, through every mapping of it.',
    appliesTo: ['source', 'instruction', 'data'],
  },
  {
    mode: 'address-space',
    label: 'This address space',
    description: 'Only with the page tables (CR3) that the vCPU uses now.',
    appliesTo: ['source', 'instruction'],
  },
];

export function breakpointMode(mode: string | undefined): BreakpointMode | undefined {
  return BREAKPOINT_MODES.find((each) => each === mode);
}
