// What is below a scope or variable, in pages where it is long.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { request } from '../handler';
import { variableBody } from '../variable-body';

/** For clients that do not page. */
const MOST_INDEXED = 1000;

export const variables = request<DebugProtocol.VariablesArguments, DebugProtocol.VariablesResponse['body']>('variables', {
  async handle(session, args) {
    const guest = session.stoppedGuest('variables');
    const node = guest.nodes.get(args.variablesReference);
    const count = args.count || (node.indexed > 0 ? MOST_INDEXED : Number.MAX_SAFE_INTEGER);
    const shown = await node.list({ filter: args.filter, start: args.start ?? 0, count }, args.format?.hex ?? session.hex);
    return { variables: shown.map((each) => variableBody(each, guest)) };
  },
});
