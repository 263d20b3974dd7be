import assert from 'node:assert/strict';
import { scrollFor, virtualWindow } from '../../../src/views/kit/virtual-window';

describe('virtual window', () => {
  it('holds what is visible and a margin, never more than there is', () => {
    assert.deepEqual(virtualWindow(0, 220, 22, 1_000_000), { from: 0, to: 21 });
    assert.deepEqual(virtualWindow(22_000, 220, 22, 1_000_000), { from: 990, to: 1021 });
    assert.deepEqual(virtualWindow(0, 220, 22, 3), { from: 0, to: 3 });
    assert.deepEqual(virtualWindow(99_999, 220, 22, 0), { from: 0, to: 0 });
  });
  it('scrolls just far enough to see a row', () => {
    assert.equal(scrollFor(5, 0, 220, 22), undefined);
    assert.equal(scrollFor(10, 0, 220, 22), 22);
    assert.equal(scrollFor(2, 220, 220, 22), 44);
  });
});
