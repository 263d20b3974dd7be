import assert from 'node:assert/strict';
import { formatBugReport } from '../../src/host/bug-report-text';

describe('bug report', () => {
  it('has versions, configuration and log, and says that nothing was sent', () => {
    const text = formatBugReport({ versions: { Node: '1' }, configuration: { image: 'a' }, statistics: 'many', log: 'line ``` line' });
    for (const part of ['- Node: 1', '"image": "a"', 'many', "line ''' line", 'Nothing has been sent'])
      assert.ok(text.includes(part), part);
  });
  it('does without a session', () =>
    assert.match(formatBugReport({ versions: {}, configuration: undefined, statistics: undefined, log: '' }), /No guest was running/));
});
