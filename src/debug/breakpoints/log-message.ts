// Log messages with expressions in braces: "n is {n}, at {p->next,x}". Braces of the text itself are written twice.

export type LogPiece = { readonly text: string } | { readonly expression: string; readonly hex: boolean };

export function parseLogMessage(message: string): LogPiece[] {
  const pieces: LogPiece[] = [];
  let text = '';
  for (let at = 0; at < message.length; at++) {
    const character = message[at]!;
    if ((character === '{' || character === '}') && message[at + 1] === character) {
      text += character;
      at++;
    } else if (character === '{') {
      const end = closing(message, at);
      if (end < 0) {
        text += message.slice(at);
        break;
      }
      if (text !== '') pieces.push({ text });
      text = '';
      const inner = message.slice(at + 1, end).trim();
      const hex = /,\s*x$/.test(inner);
      pieces.push({ expression: hex ? inner.replace(/,\s*x$/, '') : inner, hex });
      at = end;
    } else text += character;
  }
  if (text !== '') pieces.push({ text });
  return pieces;
}

function closing(message: string, open: number): number {
  let depth = 0;
  for (let at = open; at < message.length; at++) {
    if (message[at] === '{') depth++;
    else if (message[at] === '}' && --depth === 0) return at;
  }
  return -1;
}
