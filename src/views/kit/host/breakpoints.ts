// Breakpoints that a panel sets: function breakpoints, so that they are in the editor's own list and are taken away there, too.
import * as vscode from 'vscode';

export function toggleFunctionBreakpoint(name: string): void {
  const there = vscode.debug.breakpoints.filter((each) => each instanceof vscode.FunctionBreakpoint && each.functionName === name);
  if (there.length > 0) vscode.debug.removeBreakpoints(there);
  else vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(name)]);
  void vscode.window.setStatusBarMessage(
    there.length > 0 ? vscode.l10n.t('No longer stops at {0}', name) : vscode.l10n.t('Stops at {0}', name),
    5000,
  );
}
