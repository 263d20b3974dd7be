// package.json says the same as the code: launch.json's keys, commands, panels, languages.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';
import { parseLaunch } from '../../src/dap/launch/parse';
import { TEMPLATES } from '../../src/host/project/templates.rows';
import { LAUNCH_SETTINGS } from '../../src/host/settings-rows';
import { PV_INTERFACES } from '../../src/pv/rows';
import { descriptorsPanel } from '../../src/views/descriptors/protocol';
import { devicesPanel } from '../../src/views/devices/protocol';
import { hypercallsPanel } from '../../src/views/hypercalls/protocol';
import { memoryPanel } from '../../src/views/memory/protocol';
import { pageTablesPanel } from '../../src/views/page-tables/protocol';
import { screenPanel } from '../../src/views/screen/protocol';
import { timePanel } from '../../src/views/time/protocol';
import { vcpuPanel } from '../../src/views/vcpu/protocol';

const root = join(__dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { contributes } = manifest;
const launch = contributes.debuggers[0].configurationAttributes.launch;

interface Schema {
  type?: string;
  enum?: string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
}

/** What must agree: types, enumerations, keys. Ranges and patterns are the manifest's alone. */
function shape(schema: Schema): unknown {
  const { type, items, properties, additionalProperties } = schema;
  return {
    type: type === 'integer' ? 'number' : type,
    enum: schema.enum?.toSorted(),
    items: items && shape(items),
    required: schema.required?.toSorted(),
    map: typeof additionalProperties === 'object' ? shape(additionalProperties) : undefined,
    properties:
      properties &&
      Object.fromEntries(
        Object.entries(properties)
          .toSorted()
          .map(([name, each]) => [name, shape(each)]),
      ),
  };
}

describe('the manifest', () => {
  it("has launch.json's keys and types exactly as src/protocol/launch.ts", () => {
    const generator = createGenerator({
      path: join(root, 'src/protocol/launch.ts'),
      tsconfig: join(root, 'tsconfig.json'),
      type: 'LaunchConfiguration',
      expose: 'none',
      topRef: false,
      skipTypeCheck: true,
    });
    assert.deepEqual(shape({ type: 'object', ...launch }), shape(generator.createSchema('LaunchConfiguration') as Schema));
  }).timeout(300_000);
  it('describes every key', () => {
    for (const [name, schema] of Object.entries<{ description?: string; markdownDescription?: string }>(launch.properties))
      assert.ok(schema.description ?? schema.markdownDescription, name);
  });
  it('has a setting for what people want in all launches, of the same form as in launch.json', () => {
    const { properties } = contributes.configuration;
    const form = ({ type, enum: choices, minimum, maximum, default: value, items }: Record<string, unknown>) => ({
      type,
      choices,
      minimum,
      maximum,
      value,
      items,
    });
    for (const key of LAUNCH_SETTINGS) assert.deepEqual(form(properties[`hyperscope.launch.${key}`]), form(launch.properties[key]), key);
    const launchSettings = Object.keys(properties).filter((name) => name.startsWith('hyperscope.launch.'));
    assert.deepEqual(
      launchSettings,
      LAUNCH_SETTINGS.map((key) => `hyperscope.launch.${key}`),
    );
  });
  it('describes every setting, also in the README', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    for (const [name, schema] of Object.entries<{ description?: string; markdownDescription?: string }>(
      contributes.configuration.properties,
    )) {
      assert.ok(schema.description ?? schema.markdownDescription, name);
      assert.ok(readme.includes(name.replace(/^hyperscope\.launch\./, '')), name);
    }
  });
  it('has snippets that are valid configurations', () => {
    for (const { body } of contributes.debuggers[0].configurationSnippets) {
      const filled = JSON.parse(
        JSON.stringify(body)
          .replace(/\^\\"(.*?)\\"/g, '$1')
          .replace(/\$\{\d+:(.*?)\}/g, '$1')
          .replaceAll('\\\\$', '$'),
      );
      assert.ok(parseLaunch(filled).image.endsWith('${workspaceFolder}/kernel.elf'));
    }
  });
  it('completes the names of hypercalls', () => {
    const offered = launch.properties.hypercallBreakpoints.items.defaultSnippets.map((one: { body: string }) => one.body);
    assert.deepEqual(
      offered,
      PV_INTERFACES.flatMap(({ name, hypercalls }) => hypercalls.map((row) => `${name}:${row.name}`)),
    );
    assert.deepEqual(parseLaunch({ image: 'a', hypercallBreakpoints: offered }).hypercallBreakpoints, offered);
  });
  it('has a sample for every template of a new project', () => {
    for (const { folder, first } of TEMPLATES)
      for (const file of [first, 'Makefile', 'README.md', join('.vscode', 'launch.json')])
        assert.ok(existsSync(join(root, 'samples', folder, file)), `${folder}/${file}`);
  });
  it('leads through the first steps with pages that exist and commands that exist', () => {
    const known = contributes.commands.map((one: { command: string }) => one.command);
    for (const { steps } of contributes.walkthroughs)
      for (const { media, description } of steps) {
        assert.ok(existsSync(join(root, media.markdown)), media.markdown);
        for (const [, command] of description.matchAll(/command:(hyperscope\.\w+)\)/g)) assert.ok(known.includes(command), command);
      }
  });
  it('opens every panel by a command and restores it', () => {
    for (const { command, viewType } of [
      vcpuPanel,
      memoryPanel,
      pageTablesPanel,
      hypercallsPanel,
      timePanel,
      descriptorsPanel,
      devicesPanel,
      screenPanel,
    ]) {
      assert.ok(
        contributes.commands.some((one: { command: string }) => one.command === command),
        command,
      );
      assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${viewType}`), viewType);
    }
  });
  it('names only files that exist', () => {
    const files = [
      manifest.icon,
      ...contributes.grammars.map((one: { path: string }) => one.path),
      ...contributes.languages.map((one: { configuration: string }) => one.configuration),
    ];
    for (const file of files) assert.ok(existsSync(join(root, file)), file);
  });
  it('matches what compilers and the linker print', () => {
    const matcher = (name: string) => contributes.problemMatchers.find((one: { name: string }) => one.name === name).pattern;
    const match = (name: string, line: string) => new RegExp(matcher(name).regexp).exec(line)?.slice(1);
    assert.deepEqual(match('hyperscope-gcc', "main.c:12:3: error: 'x' undeclared"), ['main.c', '12', '3', 'error', "'x' undeclared"]);
    assert.deepEqual(match('hyperscope-gcc', 'start.S:7: Error: no such instruction'), [
      'start.S',
      '7',
      undefined,
      'Error',
      'no such instruction',
    ]);
    assert.deepEqual(match('hyperscope-clang', 'main.c:12:3: fatal error: file not found'), [
      'main.c',
      '12',
      '3',
      'error',
      'file not found',
    ]);
    assert.deepEqual(match('hyperscope-ld', "/usr/bin/ld: main.c:12: undefined reference to `f'"), [
      'main.c',
      '12',
      "undefined reference to `f'",
    ]);
    assert.deepEqual(match('hyperscope-ld', "/usr/bin/ld: main.o: in function `kmain': main.c:12: undefined reference to `f'"), [
      'main.c',
      '12',
      "undefined reference to `f'",
    ]);
  });
  it('asks for nothing that reports about the user', () =>
    assert.doesNotMatch(JSON.stringify(manifest.dependencies), /telemetry|analytics|insights/));
});
