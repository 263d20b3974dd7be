// Documents of debug sessions (`debug:` URIs: our disassembly) open only some seconds after a window: VS Code registers what provides them in its last phase,
// `LifecyclePhase.Eventually` (debug.contribution.ts). A stop before that leaves an editor that says it could not be opened, for good: the frame chosen again does not help.
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';

/** VS Code's own words (textModelResolverService.ts, not translated) for a scheme that nothing provides yet. */
const NO_PROVIDER = 'Unable to resolve resource';
const PERIOD_MS = 100;
/** VS Code gets there after at most 5 s of an idle window. Whatever hinders it, a session may begin. */
const LIMIT_MS = 20_000;

const canOpen = (uri: vscode.Uri): Promise<boolean> =>
  Promise.resolve(vscode.workspace.openTextDocument(uri)).then(
    () => true,
    // Any other error is the provider's own: there is no such session or document.
    (error: unknown) => !String(error).includes(NO_PROVIDER),
  );

/** Comes back when a stop's disassembly can be shown. */
export async function sessionDocuments(): Promise<void> {
  const probe = vscode.Uri.from({ scheme: 'debug', path: 'is-there-a-provider' });
  for (const limit = Date.now() + LIMIT_MS; !(await canOpen(probe)) && Date.now() < limit; ) await sleep(PERIOD_MS);
}
