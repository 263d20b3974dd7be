// Tools that a test needs from the system. A test that must do without one says so and is counted as not run.
import { execFileSync } from 'node:child_process';
import type { Context } from 'mocha';

const answers = new Map<string, boolean>();

export const hasTool = (name: string): boolean => {
  let answer = answers.get(name);
  if (answer === undefined) {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
      answer = true;
    } catch {
      answer = false;
    }
    answers.set(name, answer);
  }
  return answer;
};

/** Skips the test, with its reason printed, where a tool is missing. */
export const needs = (context: Context, ...tools: string[]): void => {
  const missing = tools.filter((tool) => !hasTool(tool));
  if (missing.length === 0) return;
  console.log(`      not run: needs ${missing.join(', ')}`);
  context.skip();
};
