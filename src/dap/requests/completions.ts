// What may follow what is typed in the debug console: commands, registers, variables, members, symbols, hypercalls.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { UserError } from '../../base/user-error';
import { namedChildren } from '../../debug/c/children';
import { evaluate } from '../../debug/c/evaluate';
import type { FrameScope } from '../../debug/frames/frame-scope';
import { evaluationScope } from '../evaluation-scope';
import type { Guest } from '../guest';
import { request } from '../handler';
import { hypercallNames } from '../hypercall-names';
import { CONSOLE_COMMANDS } from '../repl/commands';

type Item = DebugProtocol.CompletionItem;
const MOST = 100;

export const completions = request<DebugProtocol.CompletionsArguments, DebugProtocol.CompletionsResponse['body']>('completions', {
  capabilities: { supportsCompletionsRequest: true, completionTriggerCharacters: ['$', '.', '>', ':'] },
  async handle(session, args, signal) {
    const guest = session.stoppedGuest('completions');
    const scope = await evaluationScope(guest, args.frameId);
    // While one types, each letter makes the search before it needless.
    await signal.turn();
    const before = (args.text.split('\n')[Math.max(0, (args.line ?? 1) - 1)] ?? '').slice(0, Math.max(0, args.column - 1));
    const [, object, typed = ''] = /([\w$.[\]>()-]*?(?:\.|->))?([$\w]*)$/.exec(before) ?? [];
    const place = { start: before.length - typed.length, length: typed.length };
    const calls = hypercallNames(before);
    if (/hypercall:\S*$/i.test(before)) return { targets: calls };
    const found = object === undefined ? namesOf(typed, before === typed, scope, guest) : await membersOf(object, typed, scope);
    return { targets: [...calls, ...found.slice(0, MOST).map((item) => ({ ...item, ...place }))] };
  },
});

function namesOf(typed: string, isFirst: boolean, scope: FrameScope, guest: Guest): Item[] {
  const registers = Object.keys(scope.frame.physical.stop.file.values).filter((name) => /^\w+$/.test(name));
  if (typed.startsWith('$'))
    return registers
      .filter((name) => name.startsWith(typed.slice(1).toLowerCase()))
      .map((name) => ({ label: `$${name}`, type: 'variable' }));
  const fits = (name: string): boolean => name.startsWith(typed);
  const locals = [...new Set((scope.frame.logical?.variables() ?? []).map(({ name }) => name))];
  const commands = isFirst ? CONSOLE_COMMANDS.filter(({ name }) => fits(name)) : [];
  const known = new Set(locals);
  const symbols = typed === '' ? [] : guest.symbols.symbolNames(typed, MOST).filter((name) => !known.has(name));
  return [
    ...commands.map(({ name, doc }): Item => ({ label: name, type: 'keyword', detail: doc })),
    ...locals.filter(fits).map((label): Item => ({ label, type: 'variable' })),
    ...symbols.map((label): Item => ({ label, type: guest.symbols.functionsByName(label).length > 0 ? 'function' : 'variable' })),
    ...(typed === '' ? [] : registers.filter(fits).map((label): Item => ({ label, type: 'variable' }))),
  ];
}

async function membersOf(object: string, typed: string, scope: FrameScope): Promise<Item[]> {
  const expression = object.replace(/(\.|->)$/, '');
  try {
    const children = await namedChildren(await evaluate(expression, scope), expression, scope);
    return children.filter(({ name }) => /^\w+$/.test(name) && name.startsWith(typed)).map(({ name }) => ({ label: name, type: 'field' }));
  } catch (error) {
    // What is typed so far is no expression: nothing follows.
    if (error instanceof UserError) return [];
    throw error;
  }
}
