// The rows under an input for a name.
import assert from 'node:assert/strict';
import { nameRows } from '../../src/host/name-rows';

describe('rows of an input for a name', () => {
  const texts = (...args: Parameters<typeof nameRows>) => nameRows(...args).map(({ text }) => text);

  it('begin with what is typed, which Enter takes', () => {
    const [first, ...rest] = nameRows('spin', [{ label: 'spin_lock', detail: 'function' }], false);
    assert.deepEqual(first, { text: 'spin', isTyped: true, detail: '' });
    assert.deepEqual(rest, [{ text: 'spin_lock', isTyped: false, detail: 'function' }]);
  });

  it('put a completion in its place, before what follows it', () =>
    assert.deepEqual(texts('lock.ow + 1', [{ label: 'owner', start: 5, length: 2 }], false), ['lock.ow + 1', 'lock.owner + 1']));

  it('have nothing before something is typed, unless that is an answer', () => {
    assert.deepEqual(texts('', [], false), []);
    assert.deepEqual(texts('', [], true), ['']);
  });

  it('name each text once, and at most fifty', () => {
    assert.deepEqual(texts('a', [{ label: 'a' }, { label: 'ab' }, { label: 'ab' }], false), ['a', 'ab']);
    assert.equal(
      nameRows(
        'n',
        Array.from({ length: 200 }, (_, n) => ({ label: `n${n}` })),
        false,
      ).length,
      51,
    );
  });
});
