// The rows under an input for a name: what is typed, then what it may become.
import type { DebugProtocol } from '@vscode/debugprotocol';

/** What may replace a part of the text: in the words of the Debug Adapter Protocol. */
export type Completion = Pick<DebugProtocol.CompletionItem, 'label' | 'start' | 'length' | 'detail'>;

export interface NameRow {
  /** The whole input, if this row is taken. */
  readonly text: string;
  readonly isTyped: boolean;
  readonly detail: string;
}

const MOST = 50;

export function nameRows(typed: string, found: readonly Completion[], mayBeEmpty: boolean): NameRow[] {
  const first = typed.trim() !== '' || mayBeEmpty ? [{ text: typed, isTyped: true, detail: '' }] : [];
  const texts = new Map<string, NameRow>();
  for (const { label, start = 0, length = typed.length, detail = '' } of found) {
    const text = typed.slice(0, start) + label + typed.slice(start + length);
    if (text !== typed && !texts.has(text)) texts.set(text, { text, isTyped: false, detail });
  }
  return [...first, ...[...texts.values()].slice(0, MOST)];
}
