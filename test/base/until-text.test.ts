// --until: the text is found across pieces, at exactly its last byte.
import assert from 'node:assert/strict';
import { UntilText } from '../../src/base/until-text';

const end = (wanted: string, text: string): number => {
  const until = new UntilText(wanted);
  return [...new TextEncoder().encode(text)].findIndex((byte) => until.byte(byte));
};

describe('--until', () => {
  it('finds the text at its last byte', () => {
    assert.equal(end('login:', 'host login: '), 10);
    assert.equal(end('x', 'abc'), -1);
  });
  it('finds it after beginnings of itself', () => {
    assert.equal(end('aab', 'aaaab'), 4);
    assert.equal(end('abcabd', 'abcabcabd'), 8);
    assert.equal(end('grüß', 'grügrüß'), 'grügrüß'.length + 2);
  });
  it('stays found', () => {
    const until = new UntilText('a');
    assert.ok(until.byte(97));
    assert.ok(until.byte(98));
  });
});
