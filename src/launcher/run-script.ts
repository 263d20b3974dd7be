// Runs a bundled script as `require` would, with V8's code cache. What the script compiled while it ran goes into the cache:
// after a while, as not every process ends by itself, and at its end.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { getHeapCodeStatistics } from 'node:v8';
import { Script } from 'node:vm';
import { CodeCache, type KeptCode } from './code-cache';

const HEAD = '(function (exports, require, module, __filename, __dirname) { ';
const TAIL = '\n})';
/** Long after the first stop of most sessions. */
const KEEP_AFTER_MS = 5000;
/** A run that took so much more CPU time than the one whose code is kept has compiled more. */
const LONGER = 4;
/** One that has so much more code has done something else (a first profile): it would be compiled each time. */
const MORE_BYTES = 64 * 1024;
/** What has not been compiled by then seldom is. */
const LONG_MS = 10_000;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return Math.min((user + system) / 1000, LONG_MS);
};

/** Node looks for source maps in what it has compiled itself. */
const wantsPlain = (): boolean =>
  process.env.HYPERSCOPE_CODE_CACHE === 'off' ||
  [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => option.includes('--enable-source-maps'));

/** `name`: a script beside this one. */
export function runScript(name: string, launcher: NodeJS.Module): void {
  const path = join(__dirname, name);
  if (wantsPlain()) {
    launcher.require(path);
    return;
  }
  const bytes = readFileSync(path);
  const cache = new CodeCache(path, bytes);
  const kept = cache.load();
  const script = new Script(HEAD + bytes.toString('latin1') + TAIL, {
    filename: path,
    columnOffset: -HEAD.length,
    ...(kept && { cachedData: kept.data }),
  });
  keepLater(script, cache, script.cachedDataRejected ? undefined : kept);
  script.runInThisContext()(launcher.exports, createRequire(path), launcher, path, dirname(path));
}

function keepLater(script: Script, cache: CodeCache, kept: KeptCode | undefined): void {
  let { madeAfterMs, codeBytes } = kept ?? { madeAfterMs: 0, codeBytes: 0 };
  const keep = (): void => {
    const now = cpuMs();
    const code = getHeapCodeStatistics().bytecode_and_metadata_size;
    if (now < LONGER * madeAfterMs && code < codeBytes + MORE_BYTES) return;
    madeAfterMs = Math.max(now, madeAfterMs);
    codeBytes = Math.max(code, codeBytes);
    cache.save({ data: script.createCachedData(), madeAfterMs, codeBytes });
  };
  setTimeout(keep, KEEP_AFTER_MS).unref();
  process.once('exit', keep);
}
