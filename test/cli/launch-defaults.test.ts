// One list of defaults and limits: launch.json without settings, `run IMAGE` without options and the schema that the editor shows mean the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostConfig as ofRun } from '../../src/cli/run/host-config';
import { parseRun } from '../../src/cli/run/parse-run';
import { LAUNCH_DEFAULTS, LAUNCH_LIMITS } from '../../src/dap/launch/defaults';
import { hostConfig as ofLaunch } from '../../src/dap/launch/host-config';

interface Property {
  default?: unknown;
  minimum?: number;
  maximum?: number;
  items?: { properties?: Record<string, Property> };
}

describe('launch defaults', () => {
  const root = join(__dirname, '../..');
  const image = join(root, 'samples', 'minimal-asm', 'minimal.elf');

  it('the command line makes the host that launch.json makes', () => {
    const { traceCapacity: _a, sharedMemory: _b, ...launch } = ofLaunch({ image });
    const { traceCapacity: _c, sharedMemory: _d, ...run } = ofRun(parseRun([image]));
    assert.deepEqual(run, launch);
  });

  it('neighbours too', () => {
    const run = parseRun([image, '--neighbour', 'duty=0.5']).neighbours;
    assert.deepEqual(run, ofLaunch({ image, neighbours: [{ duty: 0.5 }] }).neighbours);
  });

  it('only the pace differs, and says so', () => {
    assert.equal(parseRun([image]).pace, undefined);
    assert.notEqual(LAUNCH_DEFAULTS.pace, LAUNCH_DEFAULTS.paceOnCommandLine);
  });

  it('are those of the schema', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const properties: Record<string, Property> = manifest.contributes.debuggers[0].configurationAttributes.launch.properties;
    for (const [name, value] of Object.entries(LAUNCH_DEFAULTS)) {
      const shown = properties[name]?.default;
      if (shown !== undefined) assert.equal(shown, value, name);
    }
    const { period, absolute, pcpu } = properties.neighbours?.items?.properties ?? {};
    assert.deepEqual(
      { period: period?.default, absolute: absolute?.default, pcpu: pcpu?.default },
      { period: LAUNCH_DEFAULTS.period, ...LAUNCH_DEFAULTS.neighbour },
    );
    assert.deepEqual(
      ['vcpus', 'maxVcpus', 'pcpus'].map((name) => properties[name]?.maximum),
      [LAUNCH_LIMITS.vcpus, LAUNCH_LIMITS.vcpus, LAUNCH_LIMITS.pcpus],
    );
  });

  it('limits hold on both ways', () => {
    const over = String(LAUNCH_LIMITS.pcpus + 1);
    assert.throws(() => parseRun([image, '--pcpus', over]), /from 1 to 64/);
    assert.throws(() => parseRun([image, '--vcpus', String(LAUNCH_LIMITS.vcpus + 1)]), /from 1 to 16/);
    assert.throws(() => parseRun([image, '--memory', '4G']), /at most 3584M/);
    assert.throws(() => ofLaunch({ image, memory: '4G' }), /at most 3584M/);
  });
});
