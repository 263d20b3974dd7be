// The editor's texts in one catalogue, English to English, which a translator copies: all that vscode.l10n.t, a panel's t and the rows give.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../paths';
import { parsed, translated, untranslated } from './positions';

export const catalogueFile = 'media/l10n/bundle.l10n.json';

/** Plain data: what reads a row translates its texts. */
const isRows = (path: string): boolean => path.endsWith('.rows.ts') || /^src\/views\/[^/]+\/protocol\.ts$/.test(path);
/** Reference texts as in the manuals, and a report for the developers. */
const KEPT = ['src/host/constants/', 'src/host/bug-report-text.ts'];

function sources(): string[] {
  const within = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.ts'));
  return ['src/extension.ts', ...within('src/host'), ...within('src/views')].filter((path) => !KEPT.some((kept) => path.startsWith(kept)));
}

export interface Catalogue {
  messages: Record<string, string>;
  /** "file:line: what is wrong". */
  mistakes: string[];
}

export function makeCatalogue(): Catalogue {
  const messages = new Set<string>();
  const mistakes: string[] = [];
  for (const path of sources()) {
    const file = parsed(path, readFileSync(join(root, path), 'utf8'));
    for (const { node, line } of untranslated(file)) {
      if (!isRows(path)) mistakes.push(`${path}:${line}: a text that is not translated: ${node.getText()}`);
      else if (ts.isTemplateExpression(node)) mistakes.push(`${path}:${line}: a row's text has no values: ${node.getText()}`);
      else messages.add(node.text);
    }
    for (const { message, line, argument } of translated(file)) {
      if (message !== undefined) messages.add(message);
      // A row's text is in the catalogue by the row.
      else if (!/^(this\.definition|row|rule)\.\w+$/.test(argument)) mistakes.push(`${path}:${line}: not a literal: ${argument}`);
    }
  }
  return { messages: Object.fromEntries([...messages].sort().map((text) => [text, text])), mistakes };
}
