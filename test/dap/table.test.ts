// The table of the Debug Adapter Protocol in README.md: every capability that is advertised has a row, nothing else has one, and each row's test is there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHost } from '../../src/dap/hosts';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

interface Row {
  names: string[];
  inVsCode: string;
  elsewhere: string;
  tests: string[];
}

const CLIENT = readFileSync(join(__dirname, 'support', 'client.ts'), 'utf8');

/** Requests and events without a capability of their own. */
const PLAIN = new Set(['attach', 'progressStart', 'invalidated', 'memory']);

function rows(): Row[] {
  const [, rest = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split('### The Debug Adapter Protocol, row by row');
  const [table = ''] = rest.split('\n## ');
  return table
    .split('\n')
    .filter((line) => /^\| (events )?`/.test(line))
    .map((line) => {
      const [names = '', inVsCode = '', elsewhere = '', test = ''] = line.split(' | ');
      return {
        names: [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
        inVsCode,
        elsewhere,
        tests: [...test.matchAll(/\((test\/\S+)\)/g)].map(([, path]) => path!),
      };
    });
}

describe('the table of the Debug Adapter Protocol', () => {
  const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
  after(() => client.end());

  it('has a row for every capability, and for nothing that is not one', async () => {
    const capabilities = await client.initialize();
    const advertised = Object.entries(capabilities)
      .filter(([, value]) => value !== false)
      .map(([name]) => name);
    const named = rows().flatMap(({ names }) => names);
    assert.deepEqual(named.filter((name) => !PLAIN.has(name)).sort(), advertised.sort());
    assert.deepEqual(named.filter((name) => PLAIN.has(name)).sort(), [...PLAIN].sort());
  });

  it('says how each is reached, and which tests show it', () => {
    for (const { names, inVsCode, elsewhere, tests } of rows()) {
      assert.ok(inVsCode.length > 3 && elsewhere.length > 3, names.join());
      assert.ok(tests.length > 0, names.join());
      for (const test of tests) assert.ok(existsSync(join(ROOT, test)), `${names.join()}: ${test}`);
    }
  });

  it("all that other clients send is used by its row's tests", () => {
    for (const { names, elsewhere, tests } of rows()) {
      const texts = tests.map((test) => readFileSync(join(ROOT, test), 'utf8')).join('\n');
      const unused = [...elsewhere.matchAll(/`(\w+)`/g)]
        .map(([, name]) => name!)
        .filter((name) => !new RegExp(`\\b${name}\\b`).test(texts));
      // What a client says of itself is said by the client of all tests.
      assert.deepEqual(
        unused.filter((name) => !CLIENT.includes(name)),
        [],
        `${names.join()}: ${tests.join()}`,
      );
    }
  });

  it('escape sequences of a log message come as they are', async () => {
    const other = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    const folder = join(ROOT, 'samples', 'kvm-c');
    await other.start({ image: join(folder, 'kvm-c.elf'), memory: '16M', pace: 'fast', stopOnEntry: true });
    await other.stopped();
    await other.evaluate('log show_memory \x1b[31mred\x1b[0m', 'repl');
    await other.request('continue', { threadId: 1 });
    const { output } = await other.event('output', (body) => body.output.includes('red'));
    assert.equal(output, '\x1b[31mred\x1b[0m\n');
    await other.end();
  });
});
