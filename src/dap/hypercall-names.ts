// Names of hypercalls after "hypercall:", or where a command wants a place, for the debug console.
import type { DebugProtocol } from '@vscode/debugprotocol';
import { PV_INTERFACES } from '../pv/rows';

const PREFIX = 'hypercall:';
/** Shorter words would suggest half of the calls. */
const SHORTEST = 2;

/** The place of a command that stops there, up to the cursor. */
const place = /^\s*(?:break\s+(?:-\w\s+)*|log\s+)(\S+)$/;

/** What may replace the last word of `before`; nothing where no hypercall can stand. */
export function hypercallNames(before: string): DebugProtocol.CompletionItem[] {
  const word = place.exec(before)?.[1];
  if (word === undefined) return [];
  const hasPrefix = word.toLowerCase().startsWith(PREFIX);
  if (!hasPrefix && word.length < SHORTEST) return [];
  const typed = (hasPrefix ? word.slice(PREFIX.length) : word).toLowerCase();
  const begins = (name: string): boolean => name.toLowerCase().startsWith(typed);
  // "kvm:SE" as well as "SE" and "KVM_HC_SE"; before the colon is typed also "hyper".
  const found = PV_INTERFACES.flatMap(({ name: pv, title, hypercalls }) =>
    hypercalls
      .filter(({ name, symbol }) => begins(name) || begins(symbol) || begins(`${pv}:${name}`) || PREFIX.startsWith(word.toLowerCase()))
      .map(({ name, doc }) => ({ label: `${PREFIX}${pv}:${name}`, detail: `${title}: ${doc}` })),
  );
  return found.map((item) => ({ ...item, type: 'value', start: before.length - word.length, length: word.length }));
}
