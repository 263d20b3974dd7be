// A language in which every text is its English one with accents and in brackets: what is not in it has not gone through l10n.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../src/build/paths';

export const PSEUDO = 'qps-ploc';

const ACCENTS: Readonly<Record<string, string>> = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', A: 'Á', E: 'É', I: 'Í', O: 'Ó', U: 'Ú' };

/** Values in braces, commands and addresses of links, and code stay. */
export const pseudo = (text: string): string =>
  `⟦${text
    .split(/(\{\d+\}|\(command:[^)]*\)|`[^`]*`|\$\([^)]*\))/)
    .map((part, i) => (i % 2 ? part : part.replace(/[aeiouAEIOU]/g, (letter) => ACCENTS[letter] ?? letter)))
    .join('')}⟧`;

const translation = (file: string): string => {
  const texts = JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, string>;
  return JSON.stringify(Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, pseudo(text)])));
};

/** Adds the translations to the installed extension, as a translator would, and the language to the workbench, whose own texts stay English. */
export function translate(home: string): void {
  const extensions = join(home, 'extensions');
  const ours = readdirSync(extensions).find((name) => name.startsWith('hyperscope.hyperscope'));
  if (!ours) throw new Error(`no extension of ours in ${extensions}`);
  const folder = join(extensions, ours);
  writeFileSync(join(folder, `package.nls.${PSEUDO}.json`), translation('package.nls.json'));
  writeFileSync(join(folder, 'media', 'l10n', `bundle.l10n.${PSEUDO}.json`), translation('media/l10n/bundle.l10n.json'));
  // What the installation of a language pack leaves there.
  const vscode = join(home, 'pseudo.i18n.json');
  writeFileSync(vscode, JSON.stringify({ '': [''], version: '1.0.0', contents: {} }));
  const extension = { extensionIdentifier: { id: 'test.pseudo' }, version: '1.0.0' };
  const pack = { hash: 'pseudo', extensions: [extension], translations: { vscode }, label: 'Pseudo' };
  writeFileSync(join(home, 'user', 'languagepacks.json'), JSON.stringify({ [PSEUDO]: pack }));
}
