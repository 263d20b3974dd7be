// What an input of ours may suggest: names of the stopped guest by the debug console's completion, hypercalls by the rows of the interfaces.
import * as vscode from 'vscode';
import { PV_INTERFACES } from '../pv/rows';
import type { Completion } from './name-rows';
import type { Sessions } from './sessions';

type Target = Completion & { readonly type?: string };

/** Variables, registers, members and symbols, as in the debug console, without its commands. */
export async function expressionNames(sessions: Sessions, text: string): Promise<readonly Completion[]> {
  return (await targets(sessions, text)).filter(({ type }) => type !== 'keyword');
}

/** Functions of the guest, and hypercalls as function breakpoints name them; nothing for a pattern. */
export async function functionNames(sessions: Sessions, text: string): Promise<readonly Completion[]> {
  if (text === '' || /[*?]/.test(text)) return [];
  const calls = hypercallNames().filter(({ label }) => label.toLowerCase().includes(text.toLowerCase()));
  const found = await targets(sessions, text).catch(() => []);
  return [...found.filter(({ type }) => type === 'function'), ...calls];
}

const hypercallNames = (): { label: string; detail: string }[] =>
  PV_INTERFACES.flatMap(({ name, title, hypercalls }) =>
    hypercalls.map((row) => ({ label: ['hypercall', name, row.name].join(':'), detail: [title, row.doc].join(': ') })),
  );

async function targets({ focus }: Sessions, text: string): Promise<readonly Target[]> {
  if (!focus) return [];
  const item = vscode.debug.activeStackItem;
  const frameId = item instanceof vscode.DebugStackFrame && item.session === focus.session ? item.frameId : undefined;
  const place = { text, column: text.length + 1, ...(frameId !== undefined && { frameId }) };
  const answer: { targets: Target[] } | undefined = await focus.session.customRequest('completions', place);
  return answer?.targets ?? [];
}
