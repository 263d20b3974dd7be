// `--guest "IMAGE --append 'a b' --memory 64M"`: the words of such a text, as a shell would split them.

/** What a VM is described by: words as on the command line, or a JSON file of several. */
export type GuestText = { words: string[] } | { file: string };

/** Undefined: a quote that is not closed, or nothing. */
export function parseGuestText(text: string): GuestText | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && i + 1 < text.length) word += text[++i]!;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + (char === '\\' && i + 1 < text.length ? text[++i]! : char);
    }
  }
  if (quote !== '') return undefined;
  if (word !== undefined) words.push(word);
  return words.length === 0 ? undefined : { words };
}
