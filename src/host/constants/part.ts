// Hover help over hypercall, MSR, CPUID, feature and control-register constants in the guest's sources.
import * as vscode from 'vscode';
import type { Part } from '../host';
import { guestLanguages } from '../languages';
import { ConstantDictionary } from './dictionary';
import type { ConstantEntry } from './entry';

/** Rust's numbers may have underscores. */
const wordPattern = /\$?0[xX][0-9a-fA-F_]+|[A-Za-z_]\w*/;

function markdown({ name, what, doc, details, source }: ConstantEntry): vscode.MarkdownString {
  return new vscode.MarkdownString([`**${name}**: ${what}`, doc, details.join('\n'), `*${source}*`].filter(Boolean).join('\n\n'));
}

export const constantsPart: Part = () => {
  let dictionary: ConstantDictionary | undefined;
  return vscode.languages.registerHoverProvider(guestLanguages, {
    provideHover(document, position) {
      const range = document.getWordRangeAtPosition(position, wordPattern);
      if (!range) return undefined;
      dictionary ??= new ConstantDictionary();
      const word = document.getText(range).replace(/^\$/, '');
      const entry = /^\d/.test(word) ? dictionary.number(Number(word.replaceAll('_', ''))) : dictionary.identifier(word);
      return entry && new vscode.Hover(markdown(entry), range);
    },
  });
};
