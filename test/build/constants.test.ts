// Tables of constants in bundles: members become the values that they have in the sources, and nothing else changes.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModeBit, S } from '../../src/x86/layout';
import { scratchFolder } from '../support/scratch';

type Value = number | bigint | string;
interface Constants {
  valueOf(path: string, name: string, member?: string): Value | undefined;
  inline(path: string, source: string): string;
}
interface Module {
  Constants: new (folder: string, computed?: readonly { path: string; name: string; members: object }[]) => Constants;
}

const sources = join(__dirname, '../../src');
const CORE = ['base', 'trace', 'formats', 'wasm', 'x86', 'engine', 'devices', 'pv', 'boot', 'machine', 'debug', 'symbols', 'dap'];
const file: string = '../../src/build/constants.mjs';
const load = (): Promise<Module> => import(file);

/** A folder with these files; what the first is in a bundle. */
async function inlined(files: Record<string, string>): Promise<string> {
  const folder = mkdtempSync(join(scratchFolder(), 'constants-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const [name, text] = Object.entries(files)[0]!;
  const { Constants } = await load();
  return new Constants(folder).inline(join(folder, name), text);
}

describe('build: constants', function () {
  this.timeout(120_000);

  it('have the values that the sources give them', async () => {
    const { Constants } = await load();
    const constants = new Constants(sources, [{ path: join(sources, 'x86', 'layout.ts'), name: 'S', members: S }]);
    let compared = 0;
    for (const folder of CORE)
      for (const name of readdirSync(join(sources, folder), { recursive: true, encoding: 'utf8' })) {
        const path = join(sources, folder, name);
        if (!path.endsWith('.ts') || path.endsWith('main.ts')) continue;
        const tables = [...readFileSync(path, 'utf8').matchAll(/^export const (\w+) = \{[^{}]*\} as const/gm)];
        if (tables.length === 0) continue;
        const real = require(path) as Record<string, Record<string, unknown>>;
        for (const [, table = ''] of tables)
          for (const [member, value] of Object.entries(real[table] ?? {})) {
            const found = constants.valueOf(path, table, member);
            if (found === undefined) continue;
            assert.equal(found, value, `${name} ${table}.${member}`);
            compared++;
          }
      }
    assert.ok(compared > 800, `${compared} members`);
    assert.equal(constants.valueOf(join(sources, 'engine', 'access.ts'), 'ModeBit', 'user'), ModeBit.user);
  });

  it('are computed from each other, across files', async () => {
    const files = {
      'a.ts':
        "import { B as C, N } from './b';\nexport const A = { x: C.y | 1, z: N * 2 + C.y, n: -1 } as const;\nf(A.x, A.z, A.n, C.t, C.w);",
      'b.ts': "export const N = 0x1_0;\nexport const B = {\n  /** 2, { */\n  y: 1 << 3, // 4\n  t: 'it',\n  w: 1n << 40n,\n} as const;\n",
    };
    const text = await inlined(files);
    assert.ok(text.endsWith('f((9), (40), (-1), ("it"), (1099511627776n));'), text);
  });

  it('leave strings, comments, types, calls, other names and what is no constant as they are', async () => {
    const kept = [
      "f('A.x');",
      '// A.x',
      '/* A.x */',
      'f(`A.x`);',
      'let a: typeof A.x;',
      'b.A.x;',
      'BA.x;',
      'A.xy;',
      'A.x();',
      'A.computed;',
      'A.no;',
      'A.minus;',
      'A[name];',
      'Object.keys(A);',
    ];
    const declaration = 'const A = { x: 1, computed: f(), no: 1 / 0, minus: -0 } as const;';
    for (const line of kept) assert.equal(await inlined({ 'a.ts': `${declaration}\n${line}` }), `${declaration}\n${line}`);
    for (const hiding of ['function g(A: T) {', 'g((A) => {', 'g((b, A) => {', 'for (const A of all) {', 'g(A => {']) {
      const text = `${declaration}\n${hiding} return A.x; }`;
      assert.equal(await inlined({ 'a.ts': text }), text);
    }
    assert.equal(await inlined({ 'a.ts': 'const A = { x: 1 };\nA.x = 2; f(A.x);' }), 'const A = { x: 1 };\nA.x = 2; f(A.x);');
  });
});
