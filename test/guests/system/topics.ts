// The topics: every C file in this folder. Lines "@vcpus 2" or "@options --cpu x86-64-v1" in its head comment say how it runs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Topic {
  readonly name: string;
  readonly vcpus: number;
  /** More options of `run`, for our own engine. */
  readonly options: readonly string[];
}

const setting = (source: string, name: string): string | undefined => new RegExp(`^ \\* @${name} (.*)$`, 'm').exec(source)?.[1]?.trim();

function topicOf(file: string): Topic {
  const source = readFileSync(join(__dirname, file), 'utf8');
  const head = source.slice(0, source.indexOf('*/'));
  const options = setting(head, 'options');
  return {
    name: file.slice(0, -2),
    vcpus: Number(setting(head, 'vcpus') ?? 1),
    options: options === undefined ? [] : options.split(/\s+/),
  };
}

export const TOPICS: readonly Topic[] = readdirSync(__dirname)
  .filter((file) => file.endsWith('.c'))
  .sort()
  .map(topicOf);
