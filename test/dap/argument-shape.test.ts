import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { argumentShapes, argumentShapesFile } from '../../src/build/argument-shapes';
import { type Shape, shapeProblem } from '../../src/dap/argument-shape';
import { ARGUMENT_SHAPES } from '../../src/dap/argument-shapes.rows';

describe("a request's arguments", () => {
  const shape: Shape = {
    required: ['source'],
    fields: {
      source: { required: ['path'], fields: { path: 'string' } },
      lines: { list: 'number' },
      line: 'integer',
      access: { oneOf: ['read', 'write'] },
      size: { either: ['number', { oneOf: ['all'] }] },
      names: { values: 'string' },
    },
  };
  for (const [value, expected] of [
    [{ source: { path: 'a' }, lines: [1, 2], access: 'read', size: 'all', names: { a: 'b' }, more: 1 }, undefined],
    [{ source: { path: 'a' }, lines: null }, undefined],
    [{}, '"source" is missing'],
    [{ source: null }, '"source" must be an object'],
    [{ source: { path: 'a' }, line: 1.5 }, '"line" must be a whole number'],
    [null, '"arguments" must be an object'],
    [{ source: {} }, '"source.path" is missing'],
    [{ source: { path: 3 } }, '"source.path" must be a text'],
    [{ source: { path: '' }, lines: 3 }, '"lines" must be a list'],
    [{ source: { path: '' }, lines: [3, Number.NaN] }, '"lines[1]" must be a number'],
    [{ source: { path: '' }, access: 'x' }, '"access" must be "read" or "write"'],
    [{ source: { path: '' }, size: true }, '"size" must be a number or "all"'],
    [{ source: { path: '' }, names: { a: 1 } }, '"names.a" must be a text'],
  ] as const)
    it(JSON.stringify(value), () => assert.equal(shapeProblem(shape, value), expected));

  it('has the shapes of the types as they are now (npx tsx src/build/argument-shapes.ts makes them)', () => {
    assert.deepEqual(ARGUMENT_SHAPES, JSON.parse(JSON.stringify(argumentShapes())), readFileSync(argumentShapesFile, 'utf8').slice(0, 200));
  }).timeout(300_000);
});
