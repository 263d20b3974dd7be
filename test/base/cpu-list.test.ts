import assert from 'node:assert/strict';
import { cpuListText, parseCpuList } from '../../src/base/cpu-list';

describe('base/cpu-list', () => {
  it('reads numbers and ranges', () => {
    assert.deepEqual(parseCpuList('0-1,3', 64), [0, 1, 3]);
    assert.deepEqual(parseCpuList('7,7, 2 - 3', 64), [2, 3, 7]);
    for (const text of ['', 'x', '1-', '-1', '3-1', '1,,2', '64']) assert.equal(parseCpuList(text, 64), undefined, text);
  });
  it('writes the shortest text of a list', () => {
    assert.equal(cpuListText([3, 0, 1]), '0-1,3');
    assert.equal(cpuListText([5]), '5');
    assert.deepEqual(parseCpuList(cpuListText([0, 2, 3, 4, 9]), 64), [0, 2, 3, 4, 9]);
  });
});
