// Heat of lines: levels by the share of the hottest, and the share beside the line.
import assert from 'node:assert/strict';
import { barSvg, heatText, LEVELS, levelOf } from '../../../src/host/heat/levels';

describe('the heat of a line', () => {
  it('rises by a level with each doubling, up to the hottest', () => {
    assert.deepEqual(
      [1000, 600, 400, 200, 100, 50, 20, 9, 0].map((self) => levelOf(self, 1000)),
      [5, 5, 4, 3, 2, 1, 1, 0, 0],
    );
    assert.equal(levelOf(0, 0), 0);
  });
  it('is written beside the line', () => {
    assert.equal(heatText({ line: 1, self: 15, total: 15 }, 100), '15.0 %');
    assert.equal(heatText({ line: 1, self: 0, total: 40 }, 100), '40.0 %');
    assert.equal(heatText({ line: 1, self: 15, total: 40 }, 100), '15.0 % of 40.0 %');
  });
  it('is a wider bar with each level', () => {
    const widths = Array.from({ length: LEVELS }, (_, i) => Number(/ width="(\d+)" height="16" fill=/.exec(barSvg(i + 1))?.[1]));
    assert.deepEqual(widths, [5, 7, 9, 11, 13]);
  });
});
