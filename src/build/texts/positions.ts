// Where a string in the editor's code is a text that people read: by what it is given to.
import ts from 'typescript';

/** Values of these properties are texts. */
const PROPERTIES = new Set([
  'aria-label',
  'description',
  'detail',
  'label',
  'openLabel',
  'placeHolder',
  'placeholder',
  'prompt',
  'text',
  'title',
  'titles',
  'tooltip',
  'validateInput',
]);
/** So is what is assigned to these. */
const ASSIGNED = new Set(['ariaLabel', 'placeholder', 'textContent', 'title', 'tooltip']);
const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Which arguments of a function are texts. */
const CALLS: Readonly<Record<string, readonly number[]>> = {
  showInformationMessage: ALL,
  showWarningMessage: ALL,
  showErrorMessage: ALL,
  note: [0],
  option: [1],
  show: [0],
  trouble: [0],
  complain: [0],
  element: ALL.slice(2),
  RowTable: [0, 2],
  UserError: [1],
  action: [0, 1],
  button: [0, 1],
  toggle: [0, 1],
  fail: [0],
};
/** The functions that translate. */
const TRANSLATES = /^(vscode\.l10n\.t|l10n\.t|t)$/;

type Text = ts.StringLiteral | ts.NoSubstitutionTemplateLiteral | ts.TemplateExpression;

const isText = (node: ts.Node): node is Text =>
  ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);

const wordsOf = (node: Text): string =>
  ts.isTemplateExpression(node) ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(' ') : node.text;

const nameOf = (node: ts.Expression | ts.PropertyName): string =>
  ts.isIdentifier(node) || ts.isStringLiteral(node) ? node.text : ts.isPropertyAccessExpression(node) ? node.name.text : '';

/** The strings an expression can be, except those that a call gets. */
function stringsOf(node: ts.Node): Text[] {
  if (isText(node)) return /\p{L}{2}/u.test(wordsOf(node)) && !wordsOf(node).startsWith('hyperscope.') ? [node] : [];
  if (ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isObjectLiteralExpression(node)) return [];
  if (ts.isConditionalExpression(node)) return [...stringsOf(node.whenTrue), ...stringsOf(node.whenFalse)];
  // What is compared with, or what must hold first, is not shown.
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    if (kind === ts.SyntaxKind.PlusToken || kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.QuestionQuestionToken)
      return [...stringsOf(node.left), ...stringsOf(node.right)];
    return kind === ts.SyntaxKind.AmpersandAmpersandToken ? stringsOf(node.right) : [];
  }
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) return [];
  const found: Text[] = [];
  ts.forEachChild(node, (child) => void found.push(...stringsOf(child)));
  return found;
}

function textsAt(node: ts.Node): Text[] {
  if (ts.isPropertyAssignment(node)) {
    const name = nameOf(node.name);
    const texts = PROPERTIES.has(name) ? stringsOf(node.initializer) : [];
    // An example of what is to be typed, such as spin_*lock, is in no language.
    return name === 'placeHolder' ? texts.filter((text) => /\s/.test(wordsOf(text))) : texts;
  }
  // A function that answers a sentence answers a text.
  if (ts.isReturnStatement(node) && node.expression)
    return stringsOf(node.expression).filter((text) => /^[A-Z].* .*[.]$/.test(wordsOf(text)));
  if (ts.isBinaryExpression(node))
    return node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ASSIGNED.has(nameOf(node.left)) ? stringsOf(node.right) : [];
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    const name = nameOf(node.expression);
    const called = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
    return called ? (node.arguments ?? []).flatMap((one, i) => (called.includes(i) ? stringsOf(one) : [])) : [];
  }
  return [];
}

export interface SourceText {
  readonly node: Text;
  readonly line: number;
}

/** Texts that nothing translates. */
export function untranslated(file: ts.SourceFile): SourceText[] {
  const found = new Map<number, SourceText>();
  const visit = (node: ts.Node): void => {
    for (const text of textsAt(node))
      found.set(text.getStart(), { node: text, line: file.getLineAndCharacterOfPosition(text.getStart()).line + 1 });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...found.values()].sort((a, b) => a.node.getStart() - b.node.getStart());
}

export interface Translated {
  /** Undefined: no literal. */
  readonly message: string | undefined;
  readonly argument: string;
  readonly line: number;
}

/** The first arguments of what translates. */
export function translated(file: ts.SourceFile): Translated[] {
  const found: Translated[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && TRANSLATES.test(node.expression.getText())) {
      const [first] = node.arguments;
      const message = first && (ts.isStringLiteral(first) || ts.isNoSubstitutionTemplateLiteral(first)) ? first.text : undefined;
      found.push({ message, argument: first?.getText() ?? '', line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

export const parsed = (path: string, text: string): ts.SourceFile => ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
