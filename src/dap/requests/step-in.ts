// Into calls: by line, or by instruction.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { startStep } from '../start-step';

export const stepIn = request<DebugProtocol.StepInArguments, void>('stepIn', {
  handle: (session, args) => startStep(session, 'stepIn', 'in', args),
});
