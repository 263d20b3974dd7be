// The package users install: exactly the files it should have, small enough, and made by the script users run.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { makePackage } from '../../src/build/package';
import { root } from '../../src/build/paths';
import { zipNames } from './zip';

const largestBytes = 6 << 20;

/** What is in the repository, without what a build leaves there. */
const samples = (): string[] =>
  readdirSync(join(root, 'samples'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.o'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));

/** Each has a bundle and a picture. */
const panels = readdirSync(join(root, 'src/views')).filter((name) => existsSync(join(root, 'src/views', name, 'client.ts')));

describe('npm run package', () => {
  let files: string[];
  let path: string;
  before(async () => {
    path = await makePackage();
    files = zipNames(readFileSync(path))
      .filter((name) => name.startsWith('extension/'))
      .map((name) => name.slice('extension/'.length))
      .toSorted();
  });

  it('holds the bundles, media, grammars and texts, and nothing else', () => {
    const bundles = [
      'extension.js',
      ...['adapter', 'cli', 'engine-worker'].flatMap((name) => [`${name}.js`, `${name}-main.js`]),
      'native-code.js',
      'iced_x86_bg.wasm',
      'interpreter.wasm',
      'interpreter-shared.wasm',
      ...panels.map((panel) => `views/${panel}.js`),
    ];
    const rest = [
      'media/hypercalls.svg',
      'media/icon.png',
      'media/l10n/bundle.l10n.json',
      'media/panel.css',
      ...panels.map((panel) => `media/panels/${panel}.png`),
      ...['first-hour', 'hypercall', 'linux', 'own', 'panels', 'project', 'run'].map((name) => `media/walkthrough/${name}.md`),
      'LICENSE.txt',
      'SUPPORT.md',
      'changelog.md',
      'package.json',
      'package.nls.json',
      'readme.md',
    ];
    const syntaxes = ['asm.language.json', 'asm.tmLanguage.json', 'ld.language.json', 'ld.tmLanguage.json'].map(
      (name) => `syntaxes/${name}`,
    );
    assert.deepEqual(files, [...bundles.map((name) => `dist/${name}`), ...rest, ...syntaxes, ...samples()].toSorted());
  });

  it('is under 6 MB', () => {
    const { size } = statSync(path);
    console.log(`      ${(size / 1024).toFixed(0)} KiB`);
    assert.ok(size < largestBytes, `${size} bytes`);
  });

  it('runs from its bundles alone', () => {
    const { main, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const entry of [main, bin.hyperscope]) assert.ok(existsSync(join(root, entry)), entry);
  });
});
