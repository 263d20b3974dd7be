// Where the scripts of this folder find and keep things: the checkout, its output, and the cache outside of it.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(__dirname, '..', '..');
export const outFolder = join(root, 'out');
export const screenshots = join(outFolder, 'screenshots');
export const vsixPath = join(outFolder, 'hyperscope.vsix');

/** XDG base directory specification: user-specific non-essential data. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hyperscope');
