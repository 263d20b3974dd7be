// A new value for a variable or register: a C expression.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { valueBody } from '../variable-body';

export const setVariable = request<DebugProtocol.SetVariableArguments, DebugProtocol.SetVariableResponse['body']>('setVariable', {
  capabilities: { supportsSetVariable: true },
  async handle(session, args) {
    const guest = session.stoppedGuest('setVariable');
    const shown = await guest.nodes.get(args.variablesReference).set(args.name, args.value, args.format?.hex ?? session.hex);
    return { ...valueBody(shown, guest), type: shown.type };
  },
});
