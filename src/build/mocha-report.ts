// What mocha prints at the end: how many passed and failed, what failed and why, what was not run.

/** Tests that skipped themselves: how many, and the reasons they printed. */
export interface Skipped {
  readonly tests: number;
  readonly reasons: readonly string[];
}

/** "12 passing (3s)", "1 failing" at the end of mocha's report. */
export function countMocha(output: string): { passed: number; failed: number } {
  const last = (pattern: RegExp) => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
  return { passed: last(/^\s*(\d+) passing/gm), failed: last(/^\s*(\d+) failing/gm) };
}

/** "3 pending" in mocha's report, and the lines "not run: WHY" or "skipped: WHY" before it. */
export function countSkipped(output: string): Skipped {
  const reasons = [...output.matchAll(/(?:^|\s)(?:not run|skipped): (.+)$/gm)].map(([, why = '']) => why.trim());
  return { tests: Number([...output.matchAll(/^\s*(\d+) pending/gm)].at(-1)?.[1] ?? 0), reasons: [...new Set(reasons)] };
}

/** What follows "1 failing": each test's titles, error and stack as mocha prints them. Empty where none failed. */
export function failures(output: string): string[] {
  const at = [...output.matchAll(/^\s*\d+ failing$/gm)].at(-1);
  if (!at) return [];
  return output
    .slice(at.index + at[0].length)
    .split(/^(?= {2}\d+\) )/m)
    .map((text) => text.trimEnd())
    .filter((text) => /^ {2}\d+\) /.test(text));
}

/** The test files that these failures name, in their stack or where a test took too long. */
export const failingFiles = (texts: readonly string[]): string[] => [
  ...new Set(texts.flatMap((text) => [...text.matchAll(/\btest\/[\w./-]+\.test\.ts\b/g)].map(([file]) => file))),
];
