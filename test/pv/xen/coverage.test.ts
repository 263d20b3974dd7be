// The table of Xen's calls in the README is made from the rows: XEN_COVERAGE=write puts it there anew.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { XEN_ROWS } from '../../../src/pv/xen/rows';

const README = resolve(__dirname, '../../../README.md');
const HEAD = '| Xen hypercall | works | refused |\n|---|---|---|\n';

const short = (symbol: string): string => symbol.replace(/^[A-Z]+_?(OP|MEM|VER|IO|CMD)?_/, '');
const list = (symbols: readonly string[]): string => symbols.map(short).join(', ');

function table(): string {
  const lines = XEN_ROWS.hypercalls
    .filter(({ state }) => state === 'works')
    .map(({ name, commands = [] }) => {
      const of = (state: string) => list(commands.filter((each) => each.state === state).map(({ symbol }) => symbol));
      return `| \`${name}\` | ${commands.length === 0 ? 'all' : of('works')} | ${of('refused')} |\n`;
    });
  return HEAD + lines.join('');
}

describe("the README's table of Xen's calls", () => {
  it('is what the rows say', () => {
    const text = readFileSync(README, 'utf8');
    const from = text.indexOf(HEAD);
    assert.notEqual(from, -1);
    let to = from;
    while (text[to] === '|') to = text.indexOf('\n', to) + 1;
    if (process.env.XEN_COVERAGE === 'write') writeFileSync(README, text.slice(0, from) + table() + text.slice(to));
    else assert.equal(text.slice(from, to), table(), 'run XEN_COVERAGE=write npx mocha test/pv/xen/coverage.test.ts');
  });
});
