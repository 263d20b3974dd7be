// An option of a command as a row: its name, its value in words and as a parser. Help, parsing and "did you mean" read the same rows.

export interface OptionRow<Options> {
  /** Without the dashes. */
  readonly name: string;
  /** How the value is written in the help: "FILE"; undefined: a flag. */
  readonly value?: string;
  /** Completes "must be …". */
  readonly mustBe?: string;
  readonly doc: string;
  /** May be given more than once. */
  readonly many?: boolean;
  /** Puts the value into the options; false: it is not what it must be. Flags get an empty text. */
  readonly set: (options: Options, text: string) => boolean;
}

/** A row that stores what `parse` makes of the value, unless it is undefined. */
export function option<Options, Key extends keyof Options>(
  key: Key,
  row: Omit<OptionRow<Options>, 'set' | 'name'> & { name?: string },
  parse: (text: string) => Options[Key] | undefined,
): OptionRow<Options> {
  return {
    name: String(key).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    ...row,
    set(options, text) {
      const value = parse(text);
      if (value === undefined) return false;
      options[key] = value;
      return true;
    },
  };
}

/** A row whose values add up to a list. */
export function listOption<Options, Item>(
  key: keyof Options,
  row: Omit<OptionRow<Options>, 'set' | 'many'>,
  parse: (text: string) => Item | undefined,
): OptionRow<Options> {
  return {
    ...row,
    many: true,
    set(options, text) {
      const item = parse(text);
      if (item === undefined) return false;
      (options[key] as Item[]).push(item);
      return true;
    },
  };
}
