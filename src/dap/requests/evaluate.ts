// C expressions for hovers, watches and the debug console; the console also knows a few commands.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { evaluate as evaluateExpression } from '../../debug/c/evaluate';
import { evaluationScope } from '../evaluation-scope';
import { request } from '../handler';
import { consoleCommand } from '../repl/commands';
import { valueBody } from '../variable-body';

export const evaluate = request<DebugProtocol.EvaluateArguments, DebugProtocol.EvaluateResponse['body']>('evaluate', {
  capabilities: { supportsEvaluateForHovers: true, supportsValueFormattingOptions: true },
  async handle(session, args) {
    if (args.context === 'repl') {
      const text = await consoleCommand(session, args.expression, args.frameId);
      if (text !== undefined) return { result: text, variablesReference: 0 };
    }
    const guest = session.stoppedGuest('evaluate');
    const scope = await evaluationScope(guest, args.frameId);
    // "expression,x" shows it in hexadecimal, as in other debuggers.
    const hexSuffix = /,\s*[xX]\s*$/.exec(args.expression);
    const expression = hexSuffix ? args.expression.slice(0, hexSuffix.index) : args.expression;
    const hex = hexSuffix !== null || (args.format?.hex ?? session.hex);
    const shown = await guest.variables.shown(expression, await evaluateExpression(expression, scope), expression, scope, hex);
    const { value, ...rest } = valueBody(shown, guest);
    return { result: value, type: shown.type, ...rest };
  },
});
