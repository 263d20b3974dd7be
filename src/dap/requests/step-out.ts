// Out of the function, or of the inlined call.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { startStep } from '../start-step';

export const stepOut = request<DebugProtocol.StepOutArguments, void>('stepOut', {
  handle: (session, args) => startStep(session, 'stepOut', 'out', args),
});
