// An input for a name or an expression that knows what may follow. VS Code's input box suggests nothing, so it is a quick pick: what is typed is its first row, Enter takes it as it is.
import * as vscode from 'vscode';
import { type Completion, type NameRow, nameRows } from './name-rows';

export interface NameInputOptions {
  readonly title: string;
  /** What is meant: beside the row of what is typed. */
  readonly prompt: string;
  readonly placeHolder?: string;
  /** What may follow the text. What fails suggests nothing: a guest that runs. */
  readonly suggest: (text: string) => Thenable<readonly Completion[]>;
  /** Nothing typed is an answer, too. */
  readonly mayBeEmpty?: boolean;
}

type Row = NameRow & vscode.QuickPickItem;

/** Undefined: the person thought better of it. */
export function askForName({ title, prompt, placeHolder, suggest, mayBeEmpty = false }: NameInputOptions): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<Row>();
  Object.assign(pick, { title, placeholder: placeHolder === undefined ? prompt : `${prompt} (${placeHolder})` });
  const show = (found: readonly Completion[]): void => {
    pick.items = nameRows(pick.value, found, mayBeEmpty).map((row) => ({
      ...row,
      label: row.text === '' ? vscode.l10n.t('(nothing)') : row.text,
      description: row.isTyped ? prompt : row.detail,
      alwaysShow: true,
    }));
  };
  const typed = async (text: string): Promise<void> => {
    show([]);
    const found = await suggest(text).then(
      (all) => all,
      () => [],
    );
    if (pick.value === text) show(found);
  };
  return new Promise((done) => {
    const listeners = [
      pick.onDidChangeValue((text) => void typed(text)),
      pick.onDidAccept(() => {
        const [chosen] = pick.selectedItems;
        // Enter may be quicker than the rows: then what is typed counts.
        const text = chosen === undefined || chosen.isTyped ? pick.value : chosen.text;
        if (text.trim() === '' && !mayBeEmpty) return;
        done(text.trim());
        pick.hide();
      }),
      pick.onDidHide(() => {
        for (const each of listeners) each.dispose();
        pick.dispose();
        done(undefined);
      }),
    ];
    pick.show();
    void typed('');
  });
}
