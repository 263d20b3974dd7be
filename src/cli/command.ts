// A command of the command line: one row in main's list.

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly doc: string;
  /** Resolves to the exit status of the process; rejects with UserError for a user's mistake. */
  run(argv: readonly string[]): Promise<number>;
}
