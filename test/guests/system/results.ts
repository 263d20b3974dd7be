// What a guest test printed, as data: PASS, FAIL and SKIP lines, and whether it came to its end.
import type { EngineName } from './engines';
import { KNOWN, type Known } from './known';

/** In a row of known.ts: the whole topic does not come to its end. */
export const END = '(end)';

export interface Failure {
  readonly check: string;
  readonly detail: string;
  /** Why it is expected on this engine. */
  readonly known: Known | undefined;
}

export interface TopicResult {
  readonly passed: readonly string[];
  readonly skipped: readonly string[];
  readonly failures: readonly Failure[];
  /** The guest ended by itself, and counted what it printed. */
  readonly complete: boolean;
  /** Why it is expected not to. */
  readonly endsEarly: Known | undefined;
  readonly note: string;
}

export function parseResult(engine: EngineName, topic: string, text: string, note: string): TopicResult {
  const passed: string[] = [];
  const skipped: string[] = [];
  const failures: Failure[] = [];
  let complete = false;
  for (const line of text.split('\n')) {
    const match = /^(PASS|FAIL|SKIP|DONE) (.*)$/.exec(line);
    if (!match) continue;
    const [, kind, rest] = match as unknown as [string, string, string];
    if (kind === 'PASS') passed.push(rest);
    else if (kind === 'SKIP') skipped.push(rest);
    else if (kind === 'FAIL') {
      const at = rest.lastIndexOf(': got ');
      const check = at < 0 ? rest : rest.slice(0, at);
      const known = KNOWN.find(
        (row) => row.engine === engine && row.topic === topic && row.checks.some((prefix) => check.startsWith(prefix)),
      );
      failures.push({ check, detail: at < 0 ? '' : rest.slice(at + 2), known });
    } else complete = rest === `passed ${passed.length.toString(16)} failed ${failures.length.toString(16)}`;
  }
  const endsEarly = complete ? undefined : KNOWN.find((row) => row.engine === engine && row.topic === topic && row.checks.includes(END));
  return { passed, skipped, failures, complete, endsEarly, note };
}

/** Nothing failed but what is known to. */
export const isGood = (result: TopicResult): boolean =>
  (result.endsEarly !== undefined || (result.complete && result.passed.length > 0)) &&
  result.failures.every(({ known }) => known !== undefined);

export const summary = (result: TopicResult): string => {
  const unknown = result.failures.filter(({ known }) => known === undefined).length;
  const parts = [`${result.passed.length} passed`];
  if (unknown > 0) parts.push(`${unknown} FAILED`);
  if (result.failures.length > unknown) parts.push(`${result.failures.length - unknown} known`);
  if (result.skipped.length > 0) parts.push(`${result.skipped.length} skipped`);
  if (!result.complete) parts.push(result.endsEarly ? 'known: ends early' : 'NO END');
  return parts.join(', ');
};
