// Finds the registers that one line of x86 assembly names, AT&T or Intel spelling, outside of comments and strings.

export interface RegisterUse {
  /** Without the percent sign, lower case. */
  readonly name: string;
  /** Columns in the line. */
  readonly start: number;
  readonly end: number;
}

const names =
  '[re]?(?:ax|bx|cx|dx|si|di|bp|sp)|[abcd][hl]|(?:si|di|bp|sp)l|r(?:8|9|1[0-5])[bwd]?|[re]ip|[re]?flags|[cdefgs]s|cr[02348]|dr[0-367]|[xy]mm(?:[0-9]|1[0-5])';
const pattern = new RegExp(`(?<![\\w.$%])%?(${names})(?!\\w)`, 'gi');
const register = new RegExp(`^%?(${names})$`, 'i');

/** What is code in a line: comments and strings become blanks, columns stay. */
export function codeOf(line: string): string {
  const blank = (text: string) => ' '.repeat(text.length);
  return line
    .replace(/"(?:\\.|[^"\\])*"/g, blank)
    .replace(/\/\*.*?(?:\*\/|$)/g, blank)
    .replace(/(?:\/\/|;(?=\s|$)|(?:^|\s)#).*$/, blank);
}

export function registersOf(line: string): RegisterUse[] {
  const code = codeOf(line).replace(/^\s*[\w.$]+:/, (label) => ' '.repeat(label.length));
  // A mnemonic is never a register, and neither is a directive's argument.
  if (/^\s*\.\w/.test(code)) return [];
  return [...code.matchAll(pattern)].map((match) => ({
    name: (match[1] ?? '').toLowerCase(),
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The expression that the debug adapter evaluates for a word: "$rax" of "%rax" or "rax"; a symbol is itself. */
export function expressionOf(word: string): string {
  const name = register.exec(word)?.[1];
  return name ? `$${name.toLowerCase()}` : word;
}
