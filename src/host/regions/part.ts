// Code that the engine has compiled, as a read-only document beside the source: guest instructions, WebAssembly, counts.
import * as vscode from 'vscode';
import type { RegionsAnswer } from '../../protocol/regions';
import type { Part } from '../host';

const scheme = 'hyperscope-region';

type Entry = vscode.QuickPickItem & { address: string };

const entryOf = ({ linear, symbol, blocks, instructions, entered }: RegionsAnswer['regions'][number]): Entry => ({
  address: linear,
  label: symbol,
  description: linear,
  detail: [
    blocks === 1
      ? vscode.l10n.t('{0} instructions in one block', instructions)
      : vscode.l10n.t('{0} instructions in {1} blocks', instructions, blocks),
    ...(entered === null ? [] : [entered === 1 ? vscode.l10n.t('entered once') : vscode.l10n.t('entered {0} times', entered)]),
  ].join(', '),
});

/** The address to look at; undefined: the person thought better of it. */
function pick({ regions }: RegionsAnswer): Thenable<Entry | undefined> {
  const sorted = regions.toSorted((a, b) => (b.entered ?? 0) - (a.entered ?? 0) || b.instructions - a.instructions);
  const here = { address: '$rip', label: vscode.l10n.t('Where the vCPU in focus is') };
  return vscode.window.showQuickPick([here, ...sorted.map(entryOf)], {
    title: vscode.l10n.t('Compiled regions'),
    placeHolder: vscode.l10n.t('A region to show beside the source'),
    matchOnDescription: true,
  });
}

export const regionsPart: Part = ({ sessions }) => {
  const texts = new Map<string, string>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const show = async (address?: unknown) => {
    const { focus } = sessions;
    if (!focus) return void vscode.window.showInformationMessage(vscode.l10n.t('No guest runs now: start one with F5.'));
    const { session, vcpu } = focus;
    const all = await sessions.request(session, 'hyperscope/regions', {});
    if (all.regions.length === 0) return void vscode.window.showInformationMessage(all.text);
    const wanted = typeof address === 'string' ? address : (await pick(all))?.address;
    if (wanted === undefined) return;
    const { linear, text } = await sessions.request(session, 'hyperscope/region', { vcpu, address: wanted });
    const uri = vscode.Uri.from({ scheme, path: `/${session.name}/region ${linear}.txt` });
    texts.set(uri.toString(), text);
    changed.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), {
      viewColumn: vscode.ViewColumn.Beside,
      preview: true,
    });
  };
  return vscode.Disposable.from(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? vscode.l10n.t('Run "Hyperscope: Show Compiled Region" again.'),
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => texts.delete(uri.toString())),
    vscode.commands.registerCommand('hyperscope.showRegion', show),
  );
};
