import assert from 'node:assert/strict';
import { contentSecurityPolicy, pageHtml } from '../../../../src/views/kit/host/html';
import { parseFromPanel } from '../../../../src/views/kit/host/parse';
import { wishOfArgument } from '../../../../src/views/kit/host/wish';

const parts = {
  title: 'A <b> & "c"',
  nonce: 'n0',
  cspSource: 'https://x',
  script: 'https://x/a.js',
  style: 'https://x/a.css',
  language: 'en',
  texts: { 'Say "{0}"': "<i> 'x'" },
};

describe("a panel's page", () => {
  it('lets in nothing but its own script and style', () => {
    assert.equal(contentSecurityPolicy(parts), "default-src 'none'; style-src https://x; script-src 'nonce-n0'");
  });
  it('has no inline script or style, and quotes what it is given', () => {
    const html = pageHtml(parts);
    assert.doesNotMatch(html, /<style| style=| on\w+=|<b>/);
    assert.match(html, /<script nonce="n0" src="https:\/\/x\/a.js"><\/script>/);
  });
});

describe('messages of a panel', () => {
  const allowed = { requests: ['hyperscope/time'], saves: ['hyperscope/traceExport'] } as const;
  it('pass when they have the right shape and an allowed request', () => {
    assert.deepEqual(parseFromPanel({ type: 'request', id: 1, name: 'hyperscope/time', arguments: {} }, allowed), {
      type: 'request',
      id: 1,
      name: 'hyperscope/time',
      arguments: {},
    });
    assert.deepEqual(parseFromPanel({ type: 'open', path: '/a', line: 3, more: 1 }, allowed), { type: 'open', path: '/a', line: 3 });
    assert.deepEqual(parseFromPanel({ type: 'breakOn', name: 'exit:cr-access' }, allowed), { type: 'breakOn', name: 'exit:cr-access' });
    const save = { type: 'save', id: 2, name: 'hyperscope/traceExport', arguments: {}, suggestion: 'trace.csv' };
    assert.deepEqual(parseFromPanel(save, allowed), save);
  });
  it('are refused otherwise', () => {
    for (const bad of [
      null,
      1,
      {},
      { type: 'eval' },
      { type: 'request', id: 1, name: 'evaluate', arguments: {} },
      { type: 'request', id: 'x', name: 'hyperscope/time', arguments: {} },
      { type: 'open', path: 3, line: 1 },
      { type: 'copy', text: 'x'.repeat((1 << 20) + 1) },
      { type: 'breakOn', name: 'kmain; rm' },
      { type: 'save', id: 2, name: 'hyperscope/time', arguments: {}, suggestion: 'trace.csv' },
      { type: 'save', id: 2, name: 'hyperscope/traceExport', arguments: {}, suggestion: '../../etc/passwd' },
      // A file's name is never the panel's own to say.
      { type: 'request', id: 2, name: 'hyperscope/traceExport', arguments: { path: '/etc/passwd' } },
      { type: 'show', command: 'workbench.action.quit', wish: { at: '1' } },
      { type: 'show', command: 'hyperscope.showMemory', wish: { at: '1', space: 'io' } },
    ])
      assert.equal(parseFromPanel(bad, allowed), undefined);
  });
});

describe('what a panel is asked to show', () => {
  it('is a text, a wish of another panel, or a variable of the menu', () => {
    assert.deepEqual(wishOfArgument('rip'), { at: 'rip' });
    assert.deepEqual(wishOfArgument({ at: '0x10', space: 'physical', more: 1 }), { at: '0x10', space: 'physical' });
    assert.deepEqual(wishOfArgument({ sessionId: 's', variable: { name: 'p', memoryReference: '0x1000' } }), { at: '0x1000' });
    assert.deepEqual(wishOfArgument({ sessionId: 's', variable: { name: 'p', evaluateName: 'q.p' } }), { at: 'q.p' });
  });
  it('is nothing where the command was called without', () => {
    for (const nothing of [undefined, null, '', 7, { threadId: 1 }, { at: '' }, { at: 'x'.repeat(501) }])
      assert.equal(wishOfArgument(nothing), undefined);
  });
});
