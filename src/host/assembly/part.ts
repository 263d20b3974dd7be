// Values of registers in assembly sources: beside the line where a vCPU is stopped, and under the mouse.
import * as vscode from 'vscode';
import type { Part } from '../host';
import { assemblyLanguages } from '../languages';
import { expressionOf, registersOf } from './registers';

const selector = [...assemblyLanguages];

export const assemblyPart: Part = () =>
  vscode.Disposable.from(
    vscode.languages.registerInlineValuesProvider(selector, {
      // Of the stopped line alone: what registers had at other lines is past, or not yet true.
      provideInlineValues(document, _viewPort, { stoppedLocation }) {
        const line = stoppedLocation.start.line;
        const seen = new Set<string>();
        return registersOf(document.lineAt(line).text)
          .filter(({ name }) => !seen.has(name) && seen.add(name))
          .map(({ name, start, end }) => new vscode.InlineValueEvaluatableExpression(new vscode.Range(line, start, line, end), `$${name}`));
      },
    }),
    vscode.languages.registerEvaluatableExpressionProvider(selector, {
      provideEvaluatableExpression(document, position) {
        const range = document.getWordRangeAtPosition(position, /%?[A-Za-z_]\w*/);
        return range && new vscode.EvaluatableExpression(range, expressionOf(document.getText(range)));
      },
    }),
  );
