// Makes src/dap/argument-shapes.rows.ts from the protocol's types and our own: `npx tsx src/build/argument-shapes.ts` after a request's arguments changed.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createGenerator, type Definition, type Schema } from 'ts-json-schema-generator';
import type { Shape } from '../dap/argument-shape';
import { REQUESTS } from '../dap/requests/index';
import { root } from './paths';

/** They have checks of their own, which name settings and what was probably meant. */
const OWN_CHECKS = new Set(['initialize', 'launch', 'attach', 'restart']);
/** Types contain themselves (a source has sources): deeper than any handler looks. */
const DEEPEST = 3;

type Node = Definition | boolean | undefined;

class Converter {
  constructor(
    private readonly schema: Schema,
    /** What the types say for `number`. */
    private readonly number: 'number' | 'integer',
  ) {}

  definition(name: string): Node {
    return this.schema.definitions?.[name] as Node;
  }

  shape(node: Node, depth = 0): Shape {
    if (typeof node !== 'object' || depth > DEEPEST) return 'any';
    if (node.$ref) return this.shape(this.definition(decodeURIComponent(node.$ref.replace('#/definitions/', ''))), depth);
    if (node.allOf) return 'any';
    if (node.const !== undefined) return { oneOf: [node.const as string] };
    if (node.enum) return { oneOf: node.enum as string[] };
    if (node.anyOf) return { either: (node.anyOf as Node[]).map((each) => this.shape(each, depth)) };
    if (Array.isArray(node.type)) return { either: node.type.map((type) => this.shape({ ...node, type }, depth)) };
    if (node.type === 'number') return this.number;
    if (node.type === 'string' || node.type === 'boolean') return node.type;
    if (node.type === 'array') return { list: this.shape(node.items as Node, depth + 1) };
    if (node.type !== 'object') return 'any';
    if (!node.properties)
      return typeof node.additionalProperties === 'object'
        ? { values: this.shape(node.additionalProperties, depth + 1) }
        : { required: [], fields: {} };
    const fields = Object.entries(node.properties).map(([key, each]) => [key, this.shape(each as Node, depth + 1)] as const);
    return { required: (node.required ?? []).toSorted(), fields: Object.fromEntries(fields.filter(([, shape]) => shape !== 'any')) };
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const common = { skipTypeCheck: true, additionalProperties: true, jsDoc: 'none' } as const;

export function argumentShapes(): Record<string, Shape> {
  const path = createRequire(__filename).resolve('@vscode/debugprotocol/lib/debugProtocol.d.ts');
  const standard = new Converter(createGenerator({ ...common, path, type: '*', expose: 'export' }).createSchema('*'), 'integer');
  const own = createGenerator({
    ...common,
    path: join(root, 'src/protocol/requests.ts'),
    tsconfig: join(root, 'tsconfig.json'),
    type: 'Requests',
    topRef: false,
    expose: 'none',
  }).createSchema('Requests');
  const ours = new Converter(own, 'number');
  const result: Record<string, Shape> = {};
  for (const { command } of REQUESTS) {
    if (OWN_CHECKS.has(command)) continue;
    const custom = own.properties?.[command];
    const shape =
      typeof custom === 'object'
        ? ours.shape(custom.properties?.arguments as Node)
        : standard.shape(standard.definition(`DebugProtocol.${capital(command)}Arguments`));
    if (typeof shape === 'object') result[command] = shape;
  }
  return result;
}

export const argumentShapesFile = join(root, 'src/dap/argument-shapes.rows.ts');

/** The largest shape that stands in several requests' arguments (a source): written once, under the name of the field that has it. */
function repeatedShape(shapes: Record<string, Shape>): { name: string; text: string } | undefined {
  const seen = new Map<string, { name: string; count: number }>();
  const look = (shape: Shape, field: string): void => {
    if (typeof shape !== 'object') return;
    const text = JSON.stringify(shape);
    const known = seen.get(text);
    seen.set(text, { name: known?.name ?? field.toUpperCase(), count: (known?.count ?? 0) + 1 });
    if ('fields' in shape) for (const [key, each] of Object.entries(shape.fields)) look(each, key);
    if ('list' in shape) look(shape.list, field);
    if ('either' in shape) for (const each of shape.either) look(each, field);
  };
  for (const [command, shape] of Object.entries(shapes)) look(shape, command);
  const repeated = [...seen].filter(([, { count }]) => count > 1).map(([text, { name }]) => ({ name, text }));
  return repeated.toSorted((left, right) => right.text.length - left.text.length)[0];
}

export function argumentShapesText(): string {
  const shapes = argumentShapes();
  const repeated = repeatedShape(shapes);
  const text = JSON.stringify(shapes);
  return [
    '// What the arguments of each request must look like. Generated by src/build/argument-shapes.ts from the types; a test compares.',
    "import type { Shape } from './argument-shape';",
    '',
    ...(repeated ? [`const ${repeated.name}: Shape = ${repeated.text};\n`] : []),
    `export const ARGUMENT_SHAPES: Readonly<Record<string, Shape>> = ${repeated ? text.replaceAll(repeated.text, repeated.name) : text};`,
    '',
  ].join('\n');
}

if (require.main === module) {
  writeFileSync(argumentShapesFile, argumentShapesText());
  execFileSync('npx', ['biome', 'check', '--write', argumentShapesFile], { stdio: 'inherit' });
}
