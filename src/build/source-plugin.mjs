// An esbuild plugin: what bundles have in place of names that the sources keep (state-offsets.mjs, constants.mjs).
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Constants } from './constants.mjs';
import { stateOffsets, withOffsets } from './state-offsets.mjs';

/** Folders of code that holds a VcpuState. */
const WITH_STATE = ['x86', 'engine', 'pv', 'machine', 'debug'];

export async function sourcePlugin(root) {
  const sources = join(root, 'src');
  const offsets = await stateOffsets(root);
  const constants = new Constants(sources, [{ path: join(sources, 'x86', 'layout.ts'), name: 'S', members: offsets }]);
  const withState = WITH_STATE.map((folder) => join(sources, folder) + sep);
  return {
    name: 'sources',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!path.startsWith(sources + sep)) return undefined;
        const source = await readFile(path, 'utf8');
        const named = withState.some((folder) => path.startsWith(folder)) ? withOffsets(source, offsets) : source;
        return { contents: constants.inline(path, named), loader: 'ts' };
      });
    },
  };
}
