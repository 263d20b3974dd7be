// For bundles: names of a vCPU's state fields become their offsets. V8 looks a name that varies up anew at every access (about 40 ns against 2, measured in
// Node 20), and helpers access little else; in the sources the names stay.
import { join } from 'node:path';
import { build } from 'esbuild';

const ACCESS = /\.(u32|u64|setU32|setU64)\('(\w+)'/g;

/** `.u32('mode')` → `.u32At(872)`; what is no field stays. */
export function withOffsets(source, offsets) {
  return source.replace(ACCESS, (text, method, field) => (typeof offsets[field] === 'number' ? `.${method}At(${offsets[field]}` : text));
}

/** Offsets by field name, from the one table. */
export async function stateOffsets(root) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/x86/layout.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'warning',
  });
  return (await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)).S;
}
