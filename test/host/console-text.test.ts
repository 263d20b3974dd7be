import assert from 'node:assert/strict';
import { ConsoleText } from '../../src/host/console-text';

describe('console text', () => {
  it('returns the carriage at a bare line feed, also one that is cut off', () => {
    const text = new ConsoleText();
    assert.equal(text.decode(Buffer.from('a\nb\r\nc\r')), 'a\r\nb\r\nc\r');
    assert.equal(text.decode(Buffer.from('\nd\n\n')), '\nd\r\n\r\n');
    assert.equal(text.atLineStart, true);
  });
  it('joins characters that arrive in parts', () => {
    const text = new ConsoleText();
    const bytes = Buffer.from('µ');
    assert.equal(text.decode(bytes.subarray(0, 1)) + text.decode(bytes.subarray(1)), 'µ');
  });
});
