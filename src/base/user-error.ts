// A user's mistake: its text says what is wrong and what to do. Made only by named constructors beside the code that detects it.

export class UserError extends Error {
  override name = 'UserError';
  /** `id` is stable, for tests and telemetry-free bug reports; `text` is one sentence for a person. */
  constructor(
    readonly id: string,
    text: string,
  ) {
    super(text);
  }
}
