// Names of state fields in bundles: every access by name in the sources becomes one by its offset in the layout table.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { S } from '../../src/x86/layout';

interface Module {
  withOffsets(source: string, offsets: Record<string, number>): string;
  stateOffsets(root: string): Promise<Record<string, number>>;
}

describe('build: state offsets', () => {
  const root = join(__dirname, '../..');
  const file: string = '../../src/build/state-offsets.mjs';
  const load = (): Promise<Module> => import(file);

  it('are those of the layout table', async () => {
    assert.deepEqual({ ...(await (await load()).stateOffsets(root)) }, S);
  });

  it('replace names of fields, and nothing else', async () => {
    const { withOffsets } = await load();
    const source = "a.u32('mode') + b.state.u64('rip'); c.setU32('cpl', 3); d.setU64('rip', 1n); e.u32('other'); f.u32(name); g.u32At(4)";
    assert.equal(
      withOffsets(source, S),
      `a.u32At(${S.mode}) + b.state.u64At(${S.rip}); c.setU32At(${S.cpl}, 3); d.setU64At(${S.rip}, 1n); e.u32('other'); f.u32(name); g.u32At(4)`,
    );
  });
});
