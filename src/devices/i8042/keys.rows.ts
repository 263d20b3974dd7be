// The keys of a PC keyboard: their names as the UI Events specification has them (KeyboardEvent.code) and their scan codes of set 2
// (make; with 0xe0 in front where said), and what they type on a US layout without and with Shift.

export interface KeyRow {
  readonly code: string;
  readonly set2: number;
  readonly extended?: true;
  readonly text?: string;
  readonly shifted?: string;
}

const typed = (code: string, set2: number, text: string, shifted: string): KeyRow => ({ code, set2, text, shifted });
const letters: readonly (readonly [letter: string, set2: number])[] = [
  ['a', 0x1c],
  ['b', 0x32],
  ['c', 0x21],
  ['d', 0x23],
  ['e', 0x24],
  ['f', 0x2b],
  ['g', 0x34],
  ['h', 0x33],
  ['i', 0x43],
  ['j', 0x3b],
  ['k', 0x42],
  ['l', 0x4b],
  ['m', 0x3a],
  ['n', 0x31],
  ['o', 0x44],
  ['p', 0x4d],
  ['q', 0x15],
  ['r', 0x2d],
  ['s', 0x1b],
  ['t', 0x2c],
  ['u', 0x3c],
  ['v', 0x2a],
  ['w', 0x1d],
  ['x', 0x22],
  ['y', 0x35],
  ['z', 0x1a],
];
const functionKeys = [0x05, 0x06, 0x04, 0x0c, 0x03, 0x0b, 0x83, 0x0a, 0x01, 0x09, 0x78, 0x07];
const keypad = [0x70, 0x69, 0x72, 0x7a, 0x6b, 0x73, 0x74, 0x6c, 0x75, 0x7d];

export const KEY_ROWS: readonly KeyRow[] = [
  ...letters.map(([letter, set2]) => typed(`Key${letter.toUpperCase()}`, set2, letter, letter.toUpperCase())),
  typed('Digit1', 0x16, '1', '!'),
  typed('Digit2', 0x1e, '2', '@'),
  typed('Digit3', 0x26, '3', '#'),
  typed('Digit4', 0x25, '4', '$'),
  typed('Digit5', 0x2e, '5', '%'),
  typed('Digit6', 0x36, '6', '^'),
  typed('Digit7', 0x3d, '7', '&'),
  typed('Digit8', 0x3e, '8', '*'),
  typed('Digit9', 0x46, '9', '('),
  typed('Digit0', 0x45, '0', ')'),
  typed('Minus', 0x4e, '-', '_'),
  typed('Equal', 0x55, '=', '+'),
  typed('BracketLeft', 0x54, '[', '{'),
  typed('BracketRight', 0x5b, ']', '}'),
  typed('Backslash', 0x5d, '\\', '|'),
  typed('Semicolon', 0x4c, ';', ':'),
  typed('Quote', 0x52, "'", '"'),
  typed('Backquote', 0x0e, '`', '~'),
  typed('Comma', 0x41, ',', '<'),
  typed('Period', 0x49, '.', '>'),
  typed('Slash', 0x4a, '/', '?'),
  { code: 'IntlBackslash', set2: 0x61 },
  { code: 'Space', set2: 0x29, text: ' ' },
  { code: 'Enter', set2: 0x5a, text: '\n' },
  { code: 'Tab', set2: 0x0d, text: '\t' },
  { code: 'Backspace', set2: 0x66, text: '\b' },
  { code: 'Escape', set2: 0x76, text: '\x1b' },
  { code: 'ShiftLeft', set2: 0x12 },
  { code: 'ShiftRight', set2: 0x59 },
  { code: 'ControlLeft', set2: 0x14 },
  { code: 'ControlRight', set2: 0x14, extended: true },
  { code: 'AltLeft', set2: 0x11 },
  { code: 'AltRight', set2: 0x11, extended: true },
  { code: 'MetaLeft', set2: 0x1f, extended: true },
  { code: 'MetaRight', set2: 0x27, extended: true },
  { code: 'ContextMenu', set2: 0x2f, extended: true },
  { code: 'CapsLock', set2: 0x58 },
  { code: 'NumLock', set2: 0x77 },
  { code: 'ScrollLock', set2: 0x7e },
  { code: 'Insert', set2: 0x70, extended: true },
  { code: 'Delete', set2: 0x71, extended: true },
  { code: 'Home', set2: 0x6c, extended: true },
  { code: 'End', set2: 0x69, extended: true },
  { code: 'PageUp', set2: 0x7d, extended: true },
  { code: 'PageDown', set2: 0x7a, extended: true },
  { code: 'ArrowUp', set2: 0x75, extended: true },
  { code: 'ArrowDown', set2: 0x72, extended: true },
  { code: 'ArrowLeft', set2: 0x6b, extended: true },
  { code: 'ArrowRight', set2: 0x74, extended: true },
  ...functionKeys.map((set2, index) => ({ code: `F${index + 1}`, set2 })),
  ...keypad.map((set2, digit) => ({ code: `Numpad${digit}`, set2 })),
  { code: 'NumpadDecimal', set2: 0x71 },
  { code: 'NumpadAdd', set2: 0x79 },
  { code: 'NumpadSubtract', set2: 0x7b },
  { code: 'NumpadMultiply', set2: 0x7c },
  { code: 'NumpadDivide', set2: 0x4a, extended: true },
  { code: 'NumpadEnter', set2: 0x5a, extended: true },
];

const EXTENDED = 0xe0;
const BREAK = 0xf0;

/** What the keyboard sends when a key goes down or up. */
export function scanCodes({ set2, extended }: KeyRow, down: boolean): number[] {
  return [...(extended ? [EXTENDED] : []), ...(down ? [] : [BREAK]), set2];
}

const byCode = new Map(KEY_ROWS.map((row) => [row.code, row]));
export const keyOf = (code: string): KeyRow | undefined => byCode.get(code);

const SHIFT = byCode.get('ShiftLeft')!;
const CONTROL = byCode.get('ControlLeft')!;

/** The keys that type a character of a terminal: letters and signs of a US layout, Enter for a carriage return, Ctrl with a letter. */
export function scanCodesOfText(text: string): number[] {
  return [...text].flatMap((character) => {
    const sign = character === '\r' ? '\n' : character === '\x7f' ? '\b' : character;
    const row = KEY_ROWS.find((each) => each.text === sign || each.shifted === sign);
    if (row !== undefined) {
      const press = [...scanCodes(row, true), ...scanCodes(row, false)];
      return row.text === sign ? press : [...scanCodes(SHIFT, true), ...press, ...scanCodes(SHIFT, false)];
    }
    const letter = byCode.get(`Key${String.fromCharCode(character.charCodeAt(0) + 0x40)}`);
    if (character.charCodeAt(0) >= 0x20 || letter === undefined) return [];
    return [...scanCodes(CONTROL, true), ...scanCodes(letter, true), ...scanCodes(letter, false), ...scanCodes(CONTROL, false)];
  });
}
