// Texts of a panel in the user's language: the page brings what VS Code has loaded for it (`l10n`), by the English text.

interface Page {
  readonly document?: { getElementById(id: string): { readonly dataset: Readonly<Record<string, string>> } | null };
}

/** Empty where there is no page (tests of models), and in English. */
const table: Readonly<Record<string, string>> = JSON.parse(
  (globalThis as Page).document?.getElementById('panel')?.dataset.texts ?? '{}',
) as Record<string, string>;

/** Like vscode.l10n.t: {0} is the first value. */
export function t(text: string, ...values: readonly (string | number | boolean | bigint)[]): string {
  return (table[text] ?? text).replace(/\{(\d+)\}/g, (whole, index) => String(values[Number(index)] ?? whole));
}
