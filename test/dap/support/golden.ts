// Transcripts of whole sessions as text files: HYPERSCOPE_UPDATE_GOLDENS=1 writes them, otherwise each must be there and be the same.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';

export const ROOT = resolve(__dirname, '..', '..', '..');
const FOLDER = join(__dirname, '..', 'goldens');

/** Said or not by the times of a checkout. */
const isAboutTimes = (message: DebugProtocol.ProtocolMessage): boolean => JSON.stringify(message).includes(' is newer than ');

export function transcript(messages: readonly DebugProtocol.ProtocolMessage[]): string {
  const lines = messages
    .filter((message) => !isAboutTimes(message))
    .map((message) => {
      const { seq: _, type, ...rest } = message as DebugProtocol.ProtocolMessage & Record<string, unknown>;
      if (type === 'request') return `→ ${rest.command} ${json(rest.arguments)}`.trimEnd();
      if (type === 'event') return `! ${rest.event} ${json(rest.body)}`.trimEnd();
      const failed = rest.success ? '' : `FAILED ${rest.message} `;
      return `← ${rest.command} ${failed}${json(rest.body)}`.trimEnd();
    });
  return `${lines.join('\n')}\n`.replaceAll(ROOT, '<root>');
}

/** Lists of objects on lines of their own: that is what differs when something differs. */
function json(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, each]) => {
    if (!Array.isArray(each) || each.length < 2 || typeof each[0] !== 'object') return `${JSON.stringify(key)}:${JSON.stringify(each)}`;
    return `${JSON.stringify(key)}:[\n${each.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}]`;
  });
  return `{${parts.join(',')}}`;
}

export function checkGolden(name: string, messages: readonly DebugProtocol.ProtocolMessage[]): void {
  const path = join(FOLDER, `${name}.txt`);
  const text = transcript(messages);
  if (process.env.HYPERSCOPE_UPDATE_GOLDENS === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  assert.ok(existsSync(path), `${path} is missing: run once with HYPERSCOPE_UPDATE_GOLDENS=1 and look at what it wrote`);
  assert.equal(text, readFileSync(path, 'utf8'));
}
