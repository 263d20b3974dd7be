// Tokens one after the other, and the errors that name where reading stopped.
import { debugErrors } from '../debug-error';
import { type Token, tokenize } from './tokens';

const MAX_DEPTH = 200;

export class TokenStream {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(readonly text: string) {
    this.tokens = tokenize(text);
  }

  get token(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)]!;
  }

  /** The one behind it. */
  get following(): Token {
    return this.tokens[Math.min(this.at + 1, this.tokens.length - 1)]!;
  }

  take(): Token {
    const { token } = this;
    this.at++;
    return token;
  }

  /** The operator at hand, if it is one of these. */
  is(...operators: readonly string[]): boolean {
    const { token } = this;
    return token.kind === 'operator' && operators.includes(token.text);
  }

  isName(name: string): boolean {
    return this.token.kind === 'name' && this.token.text === name;
  }

  takeIf(operator: string): boolean {
    if (!this.is(operator)) return false;
    this.at++;
    return true;
  }

  expect(operator: string): void {
    if (!this.takeIf(operator)) throw this.error(`"${operator}" is missing`);
  }

  error(what: string): Error {
    return debugErrors.syntax(this.text, this.token.at, what);
  }

  unexpected(): Error {
    const { token } = this;
    if (token.kind === 'end') return this.error('The expression is not complete');
    if (token.kind === 'operator' && token.text === '(') return debugErrors.noCalls();
    return this.error(`"${'text' in token ? token.text : this.text.slice(token.at, token.at + 8)}" is unexpected`);
  }

  /** Goes back where `body` does not find what it looks for. */
  attempt<T>(body: () => T | undefined): T | undefined {
    const start = this.at;
    const found = body();
    if (found === undefined) this.at = start;
    return found;
  }

  nested<T>(body: () => T): T {
    if (++this.depth > MAX_DEPTH) throw this.error('The expression is nested too deeply');
    const result = body();
    this.depth--;
    return result;
  }
}
