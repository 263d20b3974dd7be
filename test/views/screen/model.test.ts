import assert from 'node:assert/strict';
import { colors, cursorShape, HeldKeys, releases, rgbaOf, textRows } from '../../../src/views/screen/model';

const screen = (text: string, attributes: number[], more: object = {}) => ({
  kind: 'text' as const,
  shown: 1,
  columns: text.length,
  rows: 1,
  cells: Uint8Array.from([...text].flatMap((character, i) => [character.charCodeAt(0), attributes[i] ?? 0x07])),
  cursor: null,
  cellLines: 16,
  blink: true,
  palette: '',
  ...more,
});
const runs = (...of: Parameters<typeof screen>) =>
  textRows(screen(...of))[0]!.map(({ text, foreground, background }) => [text, foreground, background]);

describe('Screen model', () => {
  it('joins cells of the same colours', () => {
    assert.deepEqual(runs('abc', [7, 7, 0x1e]), [
      ['ab', 7, 0],
      ['c', 14, 1],
    ]);
  });
  it('bit 7 blinks, or is a bright background', () => {
    assert.deepEqual(textRows(screen('a', [0x97]))[0]![0], {
      text: 'a',
      foreground: 7,
      background: 1,
      blink: true,
      cursor: false,
      boxed: false,
    });
    const [bright] = textRows(screen('a', [0x97], { blink: false }))[0]!;
    assert.deepEqual([bright?.background, bright?.blink], [9, false]);
  });
  it('the cursor and characters that are no letters of the font are runs of their own', () => {
    const row = textRows(screen('ab\xdb\xdb', [], { cursor: { row: 0, column: 1, startLine: 13, endLine: 14 } }))[0]!;
    assert.deepEqual(
      row.map(({ text, cursor, boxed }) => [text, cursor, boxed]),
      [
        ['a', false, false],
        ['b', true, false],
        ['█', false, true],
        ['█', false, true],
      ],
    );
  });
  it('the shape of the cursor', () => {
    const shape = (startLine: number, endLine: number) => cursorShape({ cursor: { row: 0, column: 0, startLine, endLine }, cellLines: 16 });
    assert.deepEqual([shape(13, 14), shape(0, 15), shape(15, 3)], ['line', 'block', 'none']);
    assert.equal(cursorShape({ cursor: null, cellLines: 16 }), 'none');
  });
  it('colours and pixels', () => {
    assert.deepEqual(colors(Uint8Array.from({ length: 48 }, (_, i) => i)).slice(0, 2), ['#000102', '#030405']);
    assert.deepEqual([...rgbaOf(Uint8Array.of(1, 2, 3, 4))], [3, 2, 1, 255]);
  });
  it('keys that are held go up when the focus is lost, once', () => {
    const keys = new HeldKeys();
    keys.down('KeyA');
    keys.down('KeyA');
    keys.down('ShiftLeft');
    assert.deepEqual(keys.up('KeyA'), [{ code: 'KeyA', down: false }]);
    assert.deepEqual(keys.up('KeyA'), []);
    assert.deepEqual(keys.releaseAll(), [{ code: 'ShiftLeft', down: false }]);
    assert.deepEqual(keys.releaseAll(), []);
  });
  it('Ctrl and Alt together release the keyboard', () => {
    assert.equal(releases({ code: 'AltLeft', ctrlKey: true, altKey: true }), true);
    assert.equal(releases({ code: 'KeyC', ctrlKey: true, altKey: true }), false);
    assert.equal(releases({ code: 'AltLeft', ctrlKey: false, altKey: true }), false);
  });
});
