// Commands for breakpoints that the workbench has no place for. Where it can, the result is an ordinary breakpoint: seen in its view, edited there, kept.
import * as vscode from 'vscode';
import { PV_INTERFACES } from '../../pv/rows';
import type { Host, Part } from '../host';
import { signature } from '../hypercalls/model';
import { askForName } from '../name-input';
import { expressionNames, functionNames } from '../suggestions';

const add = (name: string, condition?: string): void =>
  vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(name, true, condition || undefined)]);

async function onPhysicalAddress(): Promise<void> {
  const address = await vscode.window.showInputBox({
    title: vscode.l10n.t('Break on a Physical Address'),
    prompt: vscode.l10n.t('Stops when the code at this guest-physical address runs, through whatever mapping.'),
    placeHolder: '0x100000',
    validateInput: (text) =>
      /^0x[0-9a-f]{1,13}$/i.test(text.trim()) ? undefined : vscode.l10n.t('A hexadecimal address such as 0x100000.'),
  });
  if (address) add(`phys:${address.trim()}`);
}

async function onFunctions({ sessions }: Host): Promise<void> {
  const pattern = await askForName({
    title: vscode.l10n.t('Break on Functions'),
    prompt: vscode.l10n.t('A name or a pattern: * stands for anything, ? for one character.'),
    placeHolder: 'spin_*lock',
    suggest: (text) => functionNames(sessions, text),
  });
  if (pattern) add(pattern);
}

async function onHypercall({ sessions }: Host): Promise<void> {
  const calls = PV_INTERFACES.flatMap(({ name, title, hypercalls }) =>
    hypercalls.map((row) => ({ label: row.name, description: title, detail: row.doc, row, id: `${name}:${row.name}` })),
  );
  const chosen = await vscode.window.showQuickPick(calls, { title: vscode.l10n.t('Break on a Hypercall'), matchOnDetail: true });
  if (!chosen) return;
  const condition = await askForName({
    title: signature(chosen.row),
    prompt: vscode.l10n.t('Condition, or nothing. It can use nr, a0 to a3, registers and variables.'),
    placeHolder: 'a0 == 3',
    suggest: (text) => expressionNames(sessions, text),
    mayBeEmpty: true,
  });
  if (condition !== undefined) add(`hypercall:${chosen.id}`, condition);
}

async function inThisAddressSpace({ sessions }: Host): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const item = vscode.debug.activeStackItem;
  const frameId = item instanceof vscode.DebugStackFrame ? item.frameId : undefined;
  const session = sessions.focus?.session;
  if (!editor || !session || sessions.isRunning(session))
    return void vscode.window.showInformationMessage(
      vscode.l10n.t('Put the cursor on a line, and stop the guest in the address space that is meant.'),
    );
  const { result } = await session.customRequest('evaluate', { expression: '$cr3,x', frameId, context: 'watch' });
  const location = new vscode.Location(editor.document.uri, new vscode.Position(editor.selection.active.line, 0));
  vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(location, true, `$cr3 == ${result}`)]);
}

const accesses = [
  { label: vscode.l10n.t('Value changes'), option: '' },
  { label: vscode.l10n.t('Written'), option: '-w ' },
  { label: vscode.l10n.t('Read'), option: '-r ' },
  { label: vscode.l10n.t('Read or written'), option: '-a ' },
];

async function onMemory({ sessions }: Host): Promise<void> {
  const session = sessions.focus?.session;
  if (!session || sessions.isRunning(session))
    return void vscode.window.showInformationMessage(vscode.l10n.t('Stop the guest first: the expression is evaluated there.'));
  const what = await askForName({
    title: vscode.l10n.t('Break on Memory'),
    prompt: vscode.l10n.t('A C lvalue, 0xADDRESS,BYTES, or phys:0xADDRESS,BYTES.'),
    placeHolder: 'lock.owner',
    suggest: (text) => expressionNames(sessions, text),
  });
  if (!what) return;
  const access = await vscode.window.showQuickPick(accesses, { title: vscode.l10n.t('Break when {0} is …', what) });
  if (!access) return;
  const item = vscode.debug.activeStackItem;
  const frameId = item instanceof vscode.DebugStackFrame ? item.frameId : undefined;
  try {
    const expression = `watch ${access.option}${what}`;
    const { result } = await session.customRequest('evaluate', { expression, frameId, context: 'repl' });
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0}. The debug console\'s "breakpoints" and "delete" list and remove it.', result),
    );
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}

export const breakpointsPart: Part = (host) =>
  vscode.Disposable.from(
    vscode.commands.registerCommand('hyperscope.breakOnPhysicalAddress', onPhysicalAddress),
    vscode.commands.registerCommand('hyperscope.breakOnFunctions', () => onFunctions(host)),
    vscode.commands.registerCommand('hyperscope.breakOnHypercall', () => onHypercall(host)),
    vscode.commands.registerCommand('hyperscope.breakInThisAddressSpace', () => inThisAddressSpace(host)),
    vscode.commands.registerCommand('hyperscope.breakOnMemory', () => onMemory(host)),
  );
