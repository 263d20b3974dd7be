// Over calls: by line, or by instruction.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { startStep } from '../start-step';

export const next = request<DebugProtocol.NextArguments, void>('next', {
  capabilities: { supportsSteppingGranularity: true },
  handle: (session, args) => startStep(session, 'next', 'over', args),
});
