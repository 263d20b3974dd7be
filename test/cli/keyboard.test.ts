// Keys that are not the guest's.
import assert from 'node:assert/strict';
import { Keyboard } from '../../src/cli/run/keyboard';

const keys = (...pieces: string[]) => {
  const keyboard = new Keyboard();
  return pieces.map((piece) => {
    const { bytes, quit } = keyboard.keys(new TextEncoder().encode(piece));
    return [new TextDecoder().decode(bytes), quit];
  });
};

describe('keyboard', () => {
  it('passes everything on, Ctrl-C too', () => {
    assert.deepEqual(keys('ls\r', '\x03\x1b[A'), [
      ['ls\r', false],
      ['\x03\x1b[A', false],
    ]);
  });
  it('Ctrl-A x ends the guest, also in two pieces', () => {
    assert.deepEqual(keys('a\x01x'), [['a', true]]);
    assert.deepEqual(keys('a\x01', 'x'), [
      ['a', false],
      ['', true],
    ]);
  });
  it('Ctrl-A twice sends one', () => {
    assert.deepEqual(keys('\x01\x01b\x01a\x01zc'), [['\x01b\x01c', false]]);
  });
});
