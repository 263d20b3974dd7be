// A new value for what an expression names.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { evaluate } from '../../debug/c/evaluate';
import { evaluationScope } from '../evaluation-scope';
import { request } from '../handler';
import { valueBody } from '../variable-body';

export const setExpression = request<DebugProtocol.SetExpressionArguments, DebugProtocol.SetExpressionResponse['body']>('setExpression', {
  capabilities: { supportsSetExpression: true },
  async handle(session, args) {
    const guest = session.stoppedGuest('setExpression');
    const scope = await evaluationScope(guest, args.frameId);
    await evaluate(`(${args.expression}) = (${args.value})`, scope);
    const shown = await guest.variables.shown(
      args.expression,
      await evaluate(args.expression, scope),
      args.expression,
      scope,
      args.format?.hex ?? session.hex,
    );
    return { ...valueBody(shown, guest), type: shown.type };
  },
});
