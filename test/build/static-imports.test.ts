// Modules of our own are imported statically: one that is loaded lazily makes esbuild wrap each module of the bundle in a function (a boot took 4 % more CPU time).
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const sources = join(__dirname, '../../src');
const LAZY = /(?<!typeof )\bimport\(\s*['"`]\.|(?<!\.)\brequire\(\s*['"`]\./;

describe('build: imports', () => {
  it('of our own modules are static', () => {
    const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.startsWith('build'),
    );
    assert.ok(files.length > 1000, `${files.length} files`);
    const lazy = files.filter((name) => LAZY.test(readFileSync(join(sources, name), 'utf8')));
    assert.deepEqual(lazy, []);
  });
});
